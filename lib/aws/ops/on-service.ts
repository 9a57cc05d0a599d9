import { serviceError } from '../../errors/service.ts';

/**
 * One call of a service of AWS, in the caller's own name.
 * @param target with its kind: `the stack Piecework`
 * @param right that the call needs: `cloudformation:DescribeStacks`
 * @throws PieceworkError `HomeUnavailable`, `HomeRefused`.
 */
export async function onService<T>(target: string, right: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw serviceError(error, { target, right });
  }
}
