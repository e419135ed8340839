/** The published contract, as contract-plugin.js makes it. */
declare module 'virtual:contract' {
  /** The parsed document, as text that AsyncAPI's renderer reads. */
  export const parsed: string;
  /** Paths of the files below `/contracts/`. */
  export const files: readonly string[];
}

/** The package's own types lead to those of its parser, which the page does without. */
declare module '@asyncapi/react-component/lib/esm/without-parser.js' {
  import type { ComponentType } from 'react';

  interface Props {
    readonly schema: string;
    readonly config: {
      readonly show: { readonly errors: boolean; readonly sidebar: boolean };
      readonly sidebar: { readonly showOperations: 'byDefault' | 'bySpecTags' | 'byOperationsTags' };
    };
  }
  const AsyncApi: ComponentType<Props>;
  export default AsyncApi;
}
