const anInstance = (labels: Readonly<Record<string, string>>, fingerprint: string, status = 'firing') => ({
  status,
  labels: { alertname: 'ConnectionsFull', ...labels },
  annotations: { summary: 'Connections are nearly used up' },
  startsAt: '2026-11-24T02:58:00Z',
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus/graph',
  fingerprint,
});

/** One alert of a group: its target, and its fingerprint. */
export const anAlertOf = (target: string, fingerprint: string, status?: string) =>
  anInstance({ target }, fingerprint, status);

/** A group of alerts as Alertmanager's version 4 writes it. */
export const anAlert = (over: Readonly<Record<string, unknown>> = {}) => ({
  version: '4',
  groupKey: '{}:{alertname="ConnectionsFull"}',
  truncatedAlerts: 0,
  status: 'firing',
  receiver: 'warden',
  groupLabels: { alertname: 'ConnectionsFull' },
  commonLabels: { alertname: 'ConnectionsFull', target: 'local' },
  commonAnnotations: { summary: 'Connections are nearly used up' },
  externalURL: 'http://alertmanager',
  alerts: [anAlertOf('local', 'f1')],
  ...over,
});

/** The same from Grafana's alerting, with what it adds. */
export const aGrafanaAlert = (over: Readonly<Record<string, unknown>> = {}) => ({
  ...anAlert(),
  version: '1',
  orgId: 1,
  title: '[FIRING:1] ConnectionsFull (local)',
  state: 'alerting',
  message: '**Firing**',
  externalURL: 'https://grafana.example/',
  alerts: [
    {
      ...anAlertOf('local', 'f1'),
      values: { A: 0.97 },
      valueString: "[ var='A' value=0.97 ]",
      silenceURL: 'https://grafana.example/alerting/silence/new',
      dashboardURL: '',
      panelURL: '',
      imageURL: '',
    },
  ],
  ...over,
});

/** An event of an incident as PagerDuty's V3 webhooks write it. */
export const aPagerDutyEvent = (type = 'incident.triggered', id = '01DX3Q0AXY6W3P', service = 'local') => ({
  event: {
    id,
    event_type: type,
    resource_type: 'incident',
    occurred_at: '2026-11-24T02:59:30.000Z',
    agent: null,
    client: null,
    data: {
      id: 'PGR0VU2',
      type: 'incident',
      self: 'https://api.pagerduty.com/incidents/PGR0VU2',
      number: 2,
      status: 'triggered',
      title: 'Checkout is slow',
      urgency: 'high',
      service: { id: 'PF9KMXH', summary: service, type: 'service_reference' },
    },
  },
});
