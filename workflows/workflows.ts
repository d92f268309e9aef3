export { lead } from './lead.ts';
export { ping } from './ping.ts';
export { resume } from './resume.ts';
export { followUp } from './follow-up.ts';
export { event } from './event.ts';
export { postback } from './postback.ts';
export { withdrawal } from './withdrawal.ts';
export { alerts } from './alerts.ts';
