import { parseConfig } from '../../../lib/config/config.ts';

/** Ada and Grace are operators, on two platforms each; Linus may look; Eve may end with Grace's approval. */
export const CHAT_PEOPLE = `access:
  - { who: { group: operator }, targets: ['*'], privileges: [PROCESS, SUPER] }
  - { who: { group: looker }, targets: ['*'], privileges: [PROCESS] }
  - { who: { group: asker }, targets: ['*'], privileges: [PROCESS, SUPER], approval: { by: { group: operator }, within: 5m } }
  - { who: { group: second }, targets: ['*'], privileges: [PROCESS, SUPER], approval: { by: { group: approver }, within: 1m } }
  - { who: { slack: 'T0001/U0RULE' }, targets: ['*'], privileges: [PROCESS, SUPER], approval: { by: { group: operator } } }
  - { who: { group: owner }, targets: ['*'], users: [warden_w_app] }
chat:
  people:
    - { subject: ada, slack: T0001/U0ADA, feishu: tenant1/ou_ada, dingtalk: ding1/ada01, groups: [operator] }
    - { subject: grace, slack: T0001/U0GRACE, feishu: tenant1/ou_grace, groups: [operator] }
    - { subject: linus, slack: T0001/U0LINUS, groups: [looker] }
    - { subject: eve, slack: T0001/U0EVE, groups: [asker] }
    - { subject: owner, slack: T0001/U0OWNER, feishu: tenant1/ou_owner, groups: [owner] }
    - { subject: both, slack: T0001/U0BOTH, feishu: tenant1/ou_both, groups: [second, approver] }
  webhooks: { deployer: { groups: [operator] } }
  alerts:
    prod: { post: 'slack:ops', groups: [looker] }
    grafana: { post: 'feishu:ops', groups: [looker] }
    pagerduty: { post: 'dingtalk:ops', target: service, groups: [looker] }
`;

/** A configuration of these people. */
export const chatConfig = (more = '') => parseConfig(`${CHAT_PEOPLE}${more}`, 'test');
