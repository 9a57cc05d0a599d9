import type { Finding } from '../finding.ts';
import { finding, ok } from '../finding.ts';
import type { DeploymentSeen } from '../seen.ts';

export function checkStack({ deployment: { stackStatus } }: DeploymentSeen): readonly Finding[] {
  if (stackStatus.endsWith('_FAILED'))
    return [finding('stack', 'broken', `the last deploy ended as ${stackStatus}`, { see: 'Stack' })];
  if (stackStatus.endsWith('_IN_PROGRESS'))
    return [finding('stack', 'look', `a deploy is under way (${stackStatus})`, { see: 'Stack' })];
  if (stackStatus.includes('ROLLBACK'))
    return [finding('stack', 'look', `the last deploy was rolled back (${stackStatus})`, { see: 'Stack' })];
  return [ok('stack', stackStatus)];
}
