/**
 * What is used of the library. Its own types import one another without file extensions, which `nodenext` does not resolve: everything
 * would be `any`.
 */
declare module '@dagrejs/dagre' {
  interface Size {
    readonly width: number;
    readonly height: number;
  }

  interface Point {
    readonly x: number;
    readonly y: number;
  }

  export class Graph {
    setGraph(options: {
      readonly rankdir: 'TB';
      readonly nodesep: number;
      readonly ranksep: number;
      readonly ranker: 'network-simplex' | 'longest-path';
    }): void;
    setDefaultEdgeLabel(label: () => object): void;
    setNode(name: string, size: Size): void;
    setEdge(from: string, to: string): void;
    /** After the layout: where its middle is. */
    node(name: string): Size & Point;
    edge(from: string, to: string): { readonly points: readonly Point[] };
    graph(): Partial<Size>;
  }

  export function layout(graph: Graph, options: { readonly disableOptimalOrderHeuristic: boolean }): void;
}
