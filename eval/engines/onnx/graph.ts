/** A small builder of ONNX models. Values are named; nodes are added in the order in which they run. */
import onnxProto from 'onnx-proto';
import { type ForwardPrecision, UNROUNDED } from '../forward-quantizer.ts';

const { onnx } = onnxProto;
const { AttributeType } = onnx.AttributeProto;
const { DataType } = onnx.TensorProto;

const OPSET = 18;
// The newest version that the messages of onnx-proto 8 can express.
const IR_VERSION = 8;

const ELEMENT_TYPES = { float32: DataType.FLOAT, int32: DataType.INT32, int64: DataType.INT64 } as const;
export type ElementType = keyof typeof ELEMENT_TYPES;

/** A fixed size, or the name of a size that is known when the graph runs. */
export type Dimension = number | string;

export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] };

export class GraphBuilder {
  readonly #nodes: onnxProto.onnx.INodeProto[] = [];
  readonly #inputs: onnxProto.onnx.IValueInfoProto[] = [];
  readonly #outputs: onnxProto.onnx.IValueInfoProto[] = [];
  readonly #initializers: onnxProto.onnx.ITensorProto[] = [];
  readonly #known = new Map<string, string>();
  #values = 0;

  /** What the layers of this graph round. */
  readonly precision: ForwardPrecision;

  constructor(precision: ForwardPrecision = UNROUNDED) {
    this.precision = precision;
  }

  input(name: string, type: ElementType, dimensions: readonly Dimension[]): string {
    this.#inputs.push(valueInfo(name, type, dimensions));
    return name;
  }

  /** Adds a node with one result and returns the result's name. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    return this.nodes(opType, inputs, 1, attributes)[0];
  }

  /** Adds a node with several results. */
  nodes(
    opType: string,
    inputs: readonly string[],
    results: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const output = Array.from({ length: results }, () => this.#fresh());
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    this.#nodes.push({ opType, input: [...inputs], output, attribute });
    return output;
  }

  /** The value that `make` adds, added once for each key. */
  once(key: string, make: () => string): string {
    const value = this.#known.get(key) ?? make();
    this.#known.set(key, value);
    return value;
  }

  /** Cuts a value along an axis into parts of the sizes given. */
  split(x: string, axis: number, sizes: readonly number[]): string[] {
    return this.nodes('Split', [x, this.ints(sizes)], sizes.length, { axis: { int: axis } });
  }

  /** A constant list of whole numbers, int64 `[n]`, as shapes and axes are given. */
  ints(values: readonly number[]): string {
    const name = this.#fresh();
    this.#initializers.push({
      name,
      dataType: DataType.INT64,
      dims: [values.length],
      int64Data: [...values],
    });
    return name;
  }

  /** A float32 constant without dimensions. */
  scalar(value: number): string {
    return this.floats([value], []);
  }

  /** A float32 constant. */
  floats(values: readonly number[], dims: readonly number[]): string {
    const name = this.#fresh();
    this.#initializers.push({ name, dataType: DataType.FLOAT, dims: [...dims], floatData: [...values] });
    return name;
  }

  /** Declares a value as a result of the graph under a name of its own. */
  output(name: string, value: string, type: ElementType, dimensions: readonly Dimension[]): void {
    this.#nodes.push({ opType: 'Identity', input: [value], output: [name] });
    this.#outputs.push(valueInfo(name, type, dimensions));
  }

  build(): Uint8Array {
    const graph = {
      name: 'bitloss',
      node: this.#nodes,
      input: this.#inputs,
      output: this.#outputs,
      initializer: this.#initializers,
    };
    const opsetImport = [{ domain: '', version: OPSET }];
    return onnx.ModelProto.encode({
      irVersion: IR_VERSION,
      opsetImport,
      producerName: 'bitloss',
      graph,
    }).finish();
  }

  #fresh(): string {
    this.#values += 1;
    return `_${this.#values}`;
  }
}

function valueInfo(
  name: string,
  type: ElementType,
  dimensions: readonly Dimension[],
): onnxProto.onnx.IValueInfoProto {
  const dim = dimensions.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}

function attributeProto(name: string, value: Attribute): onnxProto.onnx.IAttributeProto {
  if ('int' in value) return { name, type: AttributeType.INT, i: value.int };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INTS, ints: [...value.ints] };
}
