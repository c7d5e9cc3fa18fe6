package models

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Limits on what a graph may hold, so that a hostile file of a given size
// cannot cost many times that size in memory. Piper's have 2,755 nodes.
const (
	maxGraphBytes = 1 << 30
	maxNodes      = 1 << 16
	maxTensors    = 1 << 18
)

// border is a tensor at which the graph is cut: the name it gets outside a
// piece and the one it has inside.
type border struct{ name, tensor string }

// graph is an ONNX file taken apart. All byte slices are views of the file.
type graph struct {
	// header are the fields of the file around the graph (versions).
	header [][]byte
	nodes  []node
	// source is the node that makes a tensor.
	source map[string]int
	// weights are the constant tensors; inputs and outputs are those of the
	// graph as they are declared.
	weights, inputs, outputs table
}

// table holds messages by name, in the order of the file.
type table struct {
	raw   [][]byte
	index map[string]int
}

func (t *table) add(name string, raw []byte) error {
	if t.index == nil {
		t.index = map[string]int{}
	}
	if _, twice := t.index[name]; twice {
		return fmt.Errorf("%q is declared twice", name)
	}
	t.index[name] = len(t.raw)
	t.raw = append(t.raw, raw)
	return nil
}

// node is one operator with its message as it stands in the file.
type node struct {
	raw             []byte
	name, op        string
	inputs, outputs []string
}

// Field numbers of onnx.proto (ONNX 1.13, IR version 8).
const (
	modelIRVersion, modelOpset, modelGraph                  = 1, 8, 7
	graphNode, graphName, graphWeight, graphIn, graphOut    = 1, 2, 5, 11, 12
	nodeInput, nodeOutput, nodeName, nodeOp, nodeAttr       = 1, 2, 3, 4, 5
	attrGraph, attrGraphs                                   = 6, 11
	weightName, valueName, valueType                        = 8, 1, 2
	typeTensor, tensorElem, tensorShape, shapeDim, dimParam = 1, 1, 2, 1, 2
	elemFloat                                               = 1
)

// fields calls f for each field of a message. raw is the field with its tag, v
// its content if it has a length.
func fields(msg []byte, f func(num int, raw, v []byte) error) error {
	for len(msg) > 0 {
		num, typ, tag := protowire.ConsumeTag(msg)
		if tag < 0 {
			return fmt.Errorf("broken file: %w", protowire.ParseError(tag))
		}
		size := protowire.ConsumeFieldValue(num, typ, msg[tag:])
		if size < 0 {
			return fmt.Errorf("broken file: %w", protowire.ParseError(size))
		}
		raw := msg[: tag+size : tag+size]
		var v []byte
		if typ == protowire.BytesType {
			v, _ = protowire.ConsumeBytes(raw[tag:])
		}
		if err := f(int(num), raw, v); err != nil {
			return err
		}
		msg = msg[tag+size:]
	}
	return nil
}

func parseGraph(src []byte) (*graph, error) {
	if len(src) > maxGraphBytes {
		return nil, fmt.Errorf("the file has %d bytes, more than %d", len(src), maxGraphBytes)
	}
	g := &graph{source: map[string]int{}}
	seen := false
	err := fields(src, func(num int, raw, v []byte) error {
		switch num {
		case modelIRVersion, modelOpset:
			if len(g.header) > 64 {
				return errors.New("too many operator sets")
			}
			g.header = append(g.header, raw)
		case modelGraph:
			if seen {
				return errors.New("two graphs in one file")
			}
			seen = true
			return g.parse(v)
		}
		return nil
	})
	if err == nil && !seen {
		err = errors.New("the file holds no graph")
	}
	return g, err
}

func (g *graph) parse(msg []byte) error {
	return fields(msg, func(num int, raw, v []byte) error {
		if len(g.weights.raw)+len(g.inputs.raw)+len(g.outputs.raw)+len(g.source) > maxTensors {
			return fmt.Errorf("more than %d tensors", maxTensors)
		}
		switch num {
		case graphNode:
			return g.addNode(raw, v)
		case graphWeight:
			return addNamed(&g.weights, weightName, raw, v)
		case graphIn:
			return addNamed(&g.inputs, valueName, raw, v)
		case graphOut:
			return addNamed(&g.outputs, valueName, raw, v)
		}
		return nil
	})
}

// addNamed files a message under the name that it carries.
func addNamed(to *table, at int, raw, msg []byte) error {
	name := ""
	if err := fields(msg, func(num int, _, v []byte) error {
		if num == at {
			name = string(v)
		}
		return nil
	}); err != nil {
		return err
	}
	return to.add(name, raw)
}

func (g *graph) addNode(raw, msg []byte) error {
	if len(g.nodes) >= maxNodes {
		return fmt.Errorf("more than %d nodes", maxNodes)
	}
	n := node{raw: raw}
	if err := fields(msg, func(num int, _, v []byte) error {
		if len(n.inputs)+len(n.outputs) > maxTensors>>4 {
			return errors.New("a node with too many inputs")
		}
		switch num {
		case nodeInput:
			n.inputs = append(n.inputs, string(v))
		case nodeOutput:
			n.outputs = append(n.outputs, string(v))
		case nodeName:
			n.name = string(v)
		case nodeOp:
			n.op = string(v)
		case nodeAttr:
			// A branch may use tensors of the graph around it, which a walk
			// over the inputs does not see.
			return fields(v, func(num int, _, _ []byte) error {
				if num == attrGraph || num == attrGraphs {
					return errors.New("the graph has branches or loops")
				}
				return nil
			})
		}
		return nil
	}); err != nil {
		return err
	}
	for _, out := range n.outputs {
		if out == "" {
			continue
		}
		if _, twice := g.source[out]; twice {
			return fmt.Errorf("tensor %q is made twice", out)
		}
		g.source[out] = len(g.nodes)
	}
	g.nodes = append(g.nodes, n)
	return nil
}

// piece makes an ONNX file of all that is needed to get from the inputs, and
// from those inputs of the whole graph that are given, to the outputs. It
// visits each tensor once. At the borders the tensors get their new names by
// Identity nodes, which the runtime folds away, so that no node has to change.
func (g *graph) piece(inputs, outputs []border, given []string) ([]byte, error) {
	seen := map[string]bool{}
	reached := 0
	for _, in := range inputs {
		seen[in.tensor] = false
	}
	nodes, weights := make([]bool, len(g.nodes)), make([]bool, len(g.weights.raw))
	var todo, used []string
	for _, out := range outputs {
		todo = append(todo, out.tensor)
	}
	for len(todo) > 0 {
		t := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		visited, known := seen[t]
		if t == "" || visited { // an empty name is an optional input left out
			continue
		}
		seen[t] = true
		if known {
			reached++
			continue
		}
		if from, ok := g.source[t]; ok {
			if !nodes[from] {
				nodes[from] = true
				todo = append(todo, g.nodes[from].inputs...)
			}
		} else if w, ok := g.weights.index[t]; ok {
			weights[w] = true
		} else if _, ok := g.inputs.index[t]; !ok {
			return nil, fmt.Errorf("tensor %q comes from nowhere", t)
		} else if !slices.Contains(given, t) {
			return nil, fmt.Errorf("it needs the input %q", t)
		} else {
			used = append(used, t)
		}
	}
	if reached != len(inputs) || len(used) != len(given) {
		return nil, errors.New("it does not use all of its inputs")
	}

	w := writer{}
	for _, in := range inputs {
		w.message(graphNode, identity(in.name, in.tensor))
	}
	for i, n := range g.nodes {
		if !nodes[i] {
			continue
		}
		if given == nil && strings.HasPrefix(n.op, "Random") {
			return nil, errors.New("it throws dice")
		}
		w.raw(n.raw)
	}
	for _, out := range outputs {
		if out.name != out.tensor {
			w.message(graphNode, identity(out.tensor, out.name))
		}
	}
	w.message(graphName, []byte("parley"))
	for i, raw := range g.weights.raw {
		if weights[i] {
			w.raw(raw)
		}
	}
	for _, t := range given {
		w.raw(g.inputs.raw[g.inputs.index[t]])
	}
	for _, in := range inputs {
		w.message(graphIn, floats(in.name))
	}
	for _, out := range outputs {
		if declared, ok := g.outputs.index[out.name]; ok {
			w.raw(g.outputs.raw[declared])
		} else {
			w.message(graphOut, floats(out.name))
		}
	}
	return w.file(g.header), nil
}

// writer gathers the fields of a graph, most of them views of the source, and
// copies them once.
type writer struct {
	parts [][]byte
	size  int
}

func (w *writer) raw(field []byte) {
	w.parts = append(w.parts, field)
	w.size += len(field)
}

func (w *writer) message(num protowire.Number, msg []byte) { w.raw(field(nil, num, msg)) }

func (w *writer) file(header [][]byte) []byte {
	out := make([]byte, 0, w.size+1024)
	for _, h := range header {
		out = append(out, h...)
	}
	out = protowire.AppendTag(out, modelGraph, protowire.BytesType)
	out = protowire.AppendVarint(out, uint64(w.size))
	for _, p := range w.parts {
		out = append(out, p...)
	}
	return out
}

func field(to []byte, num protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, num, protowire.BytesType), content)
}

// identity is a node that only gives a tensor another name.
func identity(from, to string) []byte {
	n := field(nil, nodeInput, []byte(from))
	n = field(n, nodeOutput, []byte(to))
	n = field(n, nodeName, []byte("parley/"+to))
	return field(n, nodeOp, []byte("Identity"))
}

// floats declares a tensor of floats with three dimensions of any size, as all
// tensors at the borders are.
func floats(name string) []byte {
	var shape []byte
	for _, dim := range []string{"batch", "channels", "time"} {
		shape = field(shape, shapeDim, field(nil, dimParam, []byte(dim)))
	}
	tensor := protowire.AppendVarint(protowire.AppendTag(nil, tensorElem, protowire.VarintType), elemFloat)
	tensor = field(tensor, tensorShape, shape)
	return field(field(nil, valueName, []byte(name)), valueType, field(nil, typeTensor, tensor))
}
