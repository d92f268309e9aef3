/** What `GET /sdk/{cid}` answers. */
export interface PageSettings {
  events: readonly PageEvent[];
  fields: readonly FormField[];
  form: {
    title?: string;
    steps: readonly { title?: string; fields: readonly string[] }[];
    consent?: string;
    submitLabel?: string;
    thanks?: string;
  };
}

export interface PageEvent {
  on: 'view' | 'click' | 'step' | 'submit';
  event: string;
  selector?: string;
  step?: string;
}

export interface FormField {
  name: string;
  label: string;
  type: string;
  required: boolean;
  values?: readonly string[];
  min?: number;
  max?: number;
  maxLength?: number;
}
