import { type ReactNode, useState } from 'react';

interface Props {
  /** Puts into the address what the link has to say. */
  readonly before?: () => void;
}

/** A button that copies the address of the page, in the state in which it is. */
export function CopyLink({ before }: Props): ReactNode {
  const [said, setSaid] = useState('Copy link');
  const copy = () => {
    before?.();
    return navigator.clipboard.writeText(location.href).then(
      () => setSaid('Copied'),
      () => setSaid('Copy the address bar'),
    );
  };
  return (
    <button type="button" className="button" onClick={() => void copy()} onBlur={() => setSaid('Copy link')}>
      <span aria-live="polite">{said}</span>
    </button>
  );
}
