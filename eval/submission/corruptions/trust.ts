/** Records that raise, lower or misplace the trust in a result. */
import type { Corruption, TrustDraft } from './corruption.ts';

/** A record of a day in 2026, in the file that it belongs into. */
function filed(
  record: TrustDraft,
  since: string,
  state: string,
  changes: Partial<TrustDraft> = {},
): [string, TrustDraft] {
  const row = changes.row_id === undefined ? '' : '-2';
  return [
    `${record.subject}/${since}-${state}${row}.json`,
    { ...record, since: `${since}T10:00:00Z`, state: state as TrustDraft['state'], ...changes },
  ];
}

/** One record after the other. */
const history =
  (...states: readonly string[]) =>
  (record: TrustDraft) =>
    Object.fromEntries(states.map((state, index) => filed(record, `2026-11-2${index}`, state)));

export const trustCorruptions: readonly Corruption[] = [
  {
    does: 'brings a withdrawn result back',
    rule: 'trust-order',
    trust: history('withdrawn', 'reproduced'),
  },
  {
    does: 'ends a dispute with a state that was never reached',
    rule: 'trust-order',
    trust: history('disputed', 'claimed'),
  },
  { does: 'disputes what is in dispute', rule: 'trust-order', trust: history('disputed', 'disputed') },
  { does: 'lowers a reproduced result', rule: 'trust-order', trust: history('reproduced', 'recomputed') },
  { does: 'begins below what the files say', rule: 'trust-order', trust: history('valid') },
  {
    does: 'raises one value of a withdrawn run',
    rule: 'trust-order',
    trust: (record) =>
      Object.fromEntries([
        filed(record, '2026-11-20', 'withdrawn'),
        filed(record, '2026-11-21', 'spot-checked', { row_id: '0123456789abcdef' }),
      ]),
  },
  {
    does: 'dates a record before one that is there',
    rule: 'trust-order',
    present: history('disputed'),
    trust: (record) => Object.fromEntries([filed(record, '2026-11-19', 'reproduced')]),
  },
  {
    does: 'dates a record into the future, so that it stays the latest',
    rule: 'trust-record',
    trust: (record) => Object.fromEntries([filed(record, '2099-01-01', 'reproduced')]),
  },
  {
    does: 'dates a record otherwise than its name',
    rule: 'trust-record',
    trust: (record) => ({ [`${record.subject}/2026-11-19-spot-checked.json`]: record }),
  },
  {
    does: 'calls a dispute a reproduction',
    rule: 'trust-record',
    trust: (record) => ({
      [`${record.subject}/2026-11-20-reproduced.json`]: { ...record, state: 'disputed' },
    }),
  },
  {
    does: 'vouches for a result that is not there',
    rule: 'trust-record',
    trust: (record) => history('spot-checked')({ ...record, subject: 'bitloss-llama-0.5m-0123456789ab' }),
  },
  {
    does: 'puts a record into the folder of another run',
    rule: 'trust-record',
    trust: (record) => ({ 'other-0123456789ab/2026-11-20-spot-checked.json': record }),
  },
  {
    does: 'calls a record by no date',
    rule: 'path',
    trust: (record) => ({ [`${record.subject}/ok.json`]: record }),
  },
  {
    does: 'adds a field to a record',
    rule: 'schema',
    trust: (record) => history('spot-checked')({ ...record, admin: true } as TrustDraft),
  },
  {
    does: 'writes markup into the reason of a record',
    rule: 'markup',
    trust: (record) => history('spot-checked')({ ...record, reason: '<img src=x onerror=alert(1)>' }),
  },
  {
    does: 'vouches for their own result',
    rule: 'trust-own',
    severity: 'flagged',
    trust: (record) => history('reproduced')({ ...record, who: 'Someone' }),
  },
];
