import { setTimeout as delay } from 'node:timers/promises';

/** A node that has time to spare when a test says so. */
export function busyNode() {
  const node = { hasTime: false, looks: 0 };
  const watch = () => () => {
    node.looks++;
    return node.hasTime;
  };
  /** Waits until it was looked so many times more. */
  const looks = async (more: number): Promise<void> => {
    const until = node.looks + more;
    while (node.looks < until) await delay(1);
  };
  return { node, watch, looks };
}
