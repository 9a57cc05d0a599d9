import { DEPLOYED } from '../../../names.ts';
import type { Finding, Heading } from '../finding.ts';
import { finding, ok } from '../finding.ts';
import type { DeploymentSeen, FunctionSeen } from '../seen.ts';
import { whenSeen } from '../when-seen.ts';

export function checkFunctions({ functions }: DeploymentSeen): readonly Finding[] {
  return DEPLOYED.flatMap((name) => {
    const seen = functions[name];
    if (seen === undefined) return [];
    const see = name === 'finalizer' ? 'Finalizer errors' : 'Function errors';
    return whenSeen(`${name} function`, seen, (found) => checkFunction(`${name} function`, found, see));
  });
}

function checkFunction(check: string, found: FunctionSeen, see: Heading): readonly Finding[] {
  const { state, lastUpdate, reason, wrongEnvironment, reservedConcurrency } = found;
  const why = reason === undefined ? '' : ` (${reason})`;
  const findings: Finding[] = [];
  // Of a function that has not run for weeks Lambda takes the environment away, and gives it back at its next call.
  if (state !== 'Active' && state !== 'Inactive')
    findings.push(finding(check, state === 'Failed' ? 'broken' : 'look', `it is ${state}${why}`, { see }));
  if (lastUpdate !== 'Successful')
    findings.push(
      finding(check, lastUpdate === 'Failed' ? 'broken' : 'look', `its last change is ${lastUpdate}${why}`, { see }),
    );
  if (wrongEnvironment !== undefined)
    findings.push(finding(check, 'broken', wrongEnvironment, { todo: 'deploy again', see }));
  if (reservedConcurrency === 0)
    findings.push(
      finding(check, 'broken', 'its reserved concurrency is 0, so it never runs', {
        todo: `aws lambda delete-function-concurrency --function-name ${found.name}`,
        see: 'Throttles',
      }),
    );
  return findings.length > 0 ? findings : [ok(check, `${state}`)];
}

/** All functions are of one version, and of this command's. */
export function checkVersions({ functions, version }: DeploymentSeen): readonly Finding[] {
  const versions = DEPLOYED.flatMap((name) => {
    const seen = functions[name];
    return seen !== undefined && 'value' in seen ? [[name, seen.value.version ?? 'none'] as const] : [];
  });
  if (versions.length === 0) return [{ check: 'versions', state: 'unseen', what: 'no function could be looked at' }];
  const distinct = [...new Set(versions.map(([, one]) => one))];
  const [only = '', ...others] = distinct;
  if (others.length > 0) {
    const which = versions.map(([name, one]) => `${name} ${one}`).join(', ');
    return [
      finding('versions', 'broken', `functions are of several versions: ${which}`, {
        todo: 'deploy again',
        see: 'Other versions',
      }),
    ];
  }
  if (only === version) return [ok('versions', only)];
  return [
    finding('versions', 'look', `the deployment is ${only}, and this command ${version}`, {
      todo: 'look with the same version: what one understands and needs, the other may not',
      see: 'Other versions',
    }),
  ];
}

/** The API has no bound of its own: some room is left for it. */
const ROOM_FOR_API = 5;

/** What event sources may start at once, held against what the account has room for. */
export function checkConcurrency({ concurrency, eventSources }: DeploymentSeen): readonly Finding[] {
  const check = 'concurrency';
  return whenSeen(check, eventSources, (sources) =>
    whenSeen(check, concurrency, (room) => {
      const wanted = sources.reduce((sum, { maxConcurrency = 0 }) => sum + maxConcurrency, 0) + ROOM_FOR_API;
      const what = `functions may ask for ${wanted} at once (${ROOM_FOR_API} of them for the API), the account has ${room}`;
      if (wanted <= room) return [ok(check, what)];
      return [
        finding(check, 'look', what, {
          todo: 'lower maxFetchers, or ask for a higher quota (Service Quotas, L-B99A9384)',
          see: 'Throttles',
        }),
      ];
    }),
  );
}
