// Every channel: its folder, and its line here. See docs/chat-ops.md, "Adding a channel".
export { alert } from './alert/about.ts';
export { dingtalk } from './dingtalk/about.ts';
export { feishu } from './feishu/about.ts';
export { slack } from './slack/about.ts';
export { webhook } from './webhook/about.ts';
