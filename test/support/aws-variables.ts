import { ENV, USUAL_WORKERS } from '../../lib/aws/names.ts';

/** The environment of a function in which nothing is wrong, whichever function it is. */
export const GOOD_VARIABLES: Readonly<Record<string, string>> = {
  [ENV.version]: '1.2.3',
  [ENV.deployment]: 'Files',
  [ENV.recordsBucket]: 'records',
  [ENV.plansQueueUrl]: 'https://sqs.example/1/plans',
  [ENV.piecesQueueUrl]: 'https://sqs.example/1/pieces',
  [ENV.resultsQueueUrl]: 'https://sqs.example/1/results',
  [ENV.parkedQueueUrl]: 'https://sqs.example/1/parked',
  [ENV.streamsQueueUrl]: 'https://sqs.example/1/streams',
  [ENV.streamsDeadQueueUrl]: 'https://sqs.example/1/streams-dead',
  [ENV.plansDeadQueueUrl]: 'https://sqs.example/1/plans-dead',
  [ENV.resultsDeadQueueUrl]: 'https://sqs.example/1/results-dead',
  [ENV.eventBus]: 'default',
  [ENV.destinations]: '[{"bucket":"target","prefix":"in/"}]',
  [ENV.sources]: '{"allowHosts":[],"denyHosts":[],"privateHosts":["10.0.0.1"],"ports":[80,443],"schemes":["https"]}',
  [ENV.ownership]: '{"change":"owner","read":"anyone"}',
  [ENV.secretPrefixes]: '["piecework/"]',
  [ENV.hostConnections]: '16',
  [ENV.planTimeoutSeconds]: '900',
  [ENV.pieceTimeoutSeconds]: '120',
  [ENV.lateSeconds]: '300',
  [ENV.maxWaiting]: '50',
  [ENV.plannerFunction]: 'planner',
  [ENV.workers]: JSON.stringify(USUAL_WORKERS),
};
