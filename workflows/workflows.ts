export { lead } from './lead.ts';
export { resume } from './resume.ts';
export { followUp } from './follow-up.ts';
