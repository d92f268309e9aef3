import { isTransactionId } from './transaction-id.ts';

/** A ping and the lead that it becomes have one UUID: whoever knows one id knows the other. */
export function pingIdOf(transactionId: string): string {
  return `png_${transactionId.slice('txn_'.length)}`;
}

/** The transaction id that goes with a ping's; undefined when the text is no ping id. */
export function transactionOf(pingId: string): string | undefined {
  const transactionId = `txn_${pingId.slice('png_'.length)}`;
  return pingId.startsWith('png_') && isTransactionId(transactionId) ? transactionId : undefined;
}
