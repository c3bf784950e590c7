import { type ApprovalServices, getApproval } from '../lib/chatops/commands/get-approval.ts';
import { json } from '../lib/http/answer.ts';
import { httpPipeline } from '../lib/http/pipeline.ts';
import { getApprovalRequest } from '../lib/http/requests.ts';
import { approvalServices } from './wiring/approval-services.ts';

/** GET /targets/{target}/approvals/{approval}: what was decided, by whom, and what became of it; for who asked. */
export const createHandler = (load: () => Promise<ApprovalServices>) =>
  httpPipeline(load, getApprovalRequest, async ({ services, principal, path }) =>
    json(200, await getApproval(services, { principal, target: path.target, id: path.approval })),
  );

/** What Lambda calls. */
export const handler = createHandler(approvalServices);
