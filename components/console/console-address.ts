/** The console's address: a job, a request, or nodes to ask, live in the URL so that they can be linked. Pure. */

export type ConsoleAddress = {
  readonly job: string | null;
  /** A request for approval; not shown beside a job. */
  readonly approval: string | null;
  readonly nodes: readonly string[];
  readonly command: string;
};

/** Nodes in one address; more are ignored. */
export const ADDRESS_NODES_MAX = 256;

export function readConsoleAddress(params: URLSearchParams): ConsoleAddress {
  const nodes = [...new Set(params.getAll('node').filter((name) => name !== ''))].slice(0, ADDRESS_NODES_MAX);
  return {
    job: params.get('job') || null,
    approval: params.get('approval') || null,
    nodes,
    command: params.get('command') ?? '',
  };
}

export function consoleHref(address: Partial<ConsoleAddress>): string {
  const params = new URLSearchParams();
  if (address.job) params.set('job', address.job);
  if (address.approval) params.set('approval', address.approval);
  for (const node of address.nodes ?? []) params.append('node', node);
  if (address.command) params.set('command', address.command);
  const query = params.toString();
  return query === '' ? '/console' : `/console?${query}`;
}
