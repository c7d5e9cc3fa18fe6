package models

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	ort "github.com/yalue/onnxruntime_go"
	"google.golang.org/protobuf/encoding/protowire"
)

// op is a node of a graph made for a test.
type op struct {
	name, kind string
	in, out    []string
}

// tinyPiper has the shape of a Piper voice and nothing else of it.
func tinyPiper() []op {
	return []op{
		{"/enc_p/emb", "Gather", []string{"emb", "input"}, []string{"x"}},
		{"/enc_p/len", "Mul", []string{"x", "input_lengths"}, []string{"h"}},
		{"/Mul_1", "Mul", []string{"h", "scales"}, []string{"w"}},
		{"/Ceil", "Ceil", []string{"w"}, []string{"w_ceil"}},
		{"/CumSum", "CumSum", []string{"w_ceil", "axis"}, []string{"ends"}},
		{"/Less", "Less", []string{"ends", "axis"}, []string{"y_mask"}},
		{"/Random", "RandomNormalLike", []string{"ends"}, []string{"noise"}},
		{"/Add", "Add", []string{"h", "noise"}, []string{"z_p"}},
		{"/flow/flows.7/Slice", "Slice", []string{"z_p", "axis"}, []string{"flipped"}},
		{"/flow/flows.6/pre/Conv", "Conv", []string{"flipped", "w_flow", ""}, []string{"z_f"}},
		{"/Mul_7", "Mul", []string{"z_f", "y_mask"}, []string{"z"}},
		{"/dec/conv_pre/Conv", "Conv", []string{"z", "w_dec"}, []string{"pre"}},
		{"/dec/Tanh", "Tanh", []string{"pre"}, []string{"output"}},
	}
}

func model(ops []op, weights, inputs []string) []byte {
	var g []byte
	for _, o := range ops {
		var n []byte
		for _, in := range o.in {
			n = field(n, nodeInput, []byte(in))
		}
		for _, out := range o.out {
			n = field(n, nodeOutput, []byte(out))
		}
		n = field(field(n, nodeName, []byte(o.name)), nodeOp, []byte(o.kind))
		g = field(g, graphNode, n)
	}
	for _, w := range weights {
		g = field(g, graphWeight, field(nil, weightName, []byte(w)))
	}
	for _, in := range inputs {
		g = field(g, graphIn, floats(in))
	}
	g = field(g, graphOut, floats("output"))
	m := protowire.AppendVarint(protowire.AppendTag(nil, modelIRVersion, protowire.VarintType), 8)
	return field(m, modelGraph, g)
}

var (
	tinyWeights = []string{"emb", "axis", "w_flow", "w_dec"}
	tinyInputs  = []string{"input", "input_lengths", "scales"}
)

func TestCutPiper(t *testing.T) {
	c, err := CutPiper(model(tinyPiper(), tinyWeights, tinyInputs))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		piece   string
		raw     []byte
		nodes   string
		weights string
		inputs  string
		outputs string
	}{
		{
			"encoder", c.Encoder,
			"/enc_p/emb /enc_p/len /Mul_1 /Ceil /CumSum /Random /Add parley/parley.prior parley/parley.durations",
			"emb axis", "input input_lengths scales", "parley.prior parley.durations",
		},
		{
			"flow", c.Flow,
			"parley/z_p parley/y_mask /flow/flows.7/Slice /flow/flows.6/pre/Conv /Mul_7 parley/parley.latent",
			"axis w_flow", "parley.prior parley.mask", "parley.latent",
		},
		{"vocoder", c.Vocoder, "parley/z /dec/conv_pre/Conv /dec/Tanh", "w_dec", "parley.latent", "output"},
	} {
		g, err := parseGraph(tc.raw)
		if err != nil {
			t.Fatalf("%s: %v", tc.piece, err)
		}
		var nodes []string
		for _, n := range g.nodes {
			nodes = append(nodes, n.name)
		}
		for _, list := range []struct{ what, got, want string }{
			{"nodes", strings.Join(nodes, " "), tc.nodes},
			{"weights", names(g.weights), tc.weights},
			{"inputs", names(g.inputs), tc.inputs},
			{"outputs", names(g.outputs), tc.outputs},
		} {
			if list.got != list.want {
				t.Errorf("%s: %s are %q, want %q", tc.piece, list.what, list.got, list.want)
			}
		}
	}
}

func names(t table) string {
	list := make([]string, len(t.raw))
	for name, i := range t.index {
		list[i] = name
	}
	return strings.Join(list, " ")
}

func TestCutPiperRefuses(t *testing.T) {
	with := func(change func(ops []op) []op) []byte { return model(change(tinyPiper()), tinyWeights, tinyInputs) }
	without := func(name string) []byte {
		return with(func(ops []op) []op {
			var kept []op
			for _, o := range ops {
				if o.name != name {
					kept = append(kept, o)
				}
			}
			return kept
		})
	}
	whole := model(tinyPiper(), tinyWeights, tinyInputs)
	for _, tc := range []struct {
		name string
		src  []byte
		says string
	}{
		{"nothing", nil, "holds no graph"},
		{"text", []byte("this is no ONNX file"), "broken file"},
		{"a file cut short", whole[:len(whole)-3], "broken file"},
		{"two graphs", append(bytes.Clone(whole), whole...), "two graphs"},
		{"no vocoder", without("/dec/conv_pre/Conv"), "no convolution /dec/conv_pre"},
		{"no durations", without("/Ceil"), "no phoneme durations"},
		{"no mask", without("/Mul_7"), "no mask"},
		{"a missing weight", model(tinyPiper(), tinyWeights[:3], tinyInputs), `"w_dec" comes from nowhere`},
		{"a speaker to choose", model(append(tinyPiper()[:11],
			op{"/dec/conv_pre/Conv", "Conv", []string{"z", "w_dec", "sid"}, []string{"pre"}},
			op{"/dec/Tanh", "Tanh", []string{"pre"}, []string{"output"}}), tinyWeights, append(tinyInputs, "sid")), `needs the input "sid"`},
		{"chance in the vocoder", with(func(ops []op) []op {
			ops[12].kind = "RandomUniformLike"
			return ops
		}), "dice"},
		{"a tensor made twice", with(func(ops []op) []op { return append(ops, ops[0]) }), "made twice"},
		{"a weight declared twice", model(tinyPiper(), append(tinyWeights, "emb"), tinyInputs), "declared twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := CutPiper(tc.src)
			if !errors.Is(err, ErrNotPiper) || !strings.Contains(fmt.Sprint(err), tc.says) {
				t.Errorf("got %v, want ErrNotPiper that says %q", err, tc.says)
			}
		})
	}
}

// TestCutVoices runs real voices whole and in pieces. Without chance (both
// noises at zero) the pieces must speak what the whole graph speaks, and a flow
// and a vocoder that see only part of the time must do so, too, once they see
// as much around it as their convolutions reach.
func TestCutVoices(t *testing.T) {
	dir := os.Getenv("PARLEY_MODELS")
	if dir == "" {
		dir = "weights"
	}
	store := Store{Dir: dir}
	if _, err := os.Stat(store.Path(RuntimeLibrary)); err != nil {
		t.Skip("no weights: run \"make models\" or set PARLEY_MODELS")
	}
	rt, err := NewRuntime(store)
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	for _, voice := range []string{"jenny", "alan"} {
		t.Run(voice, func(t *testing.T) { testCutVoice(t, rt, voice) })
	}
}

func testCutVoice(t *testing.T, rt *Runtime, voice string) {
	t.Helper()
	path, err := rt.Store().Verified(PiperVoice(voice))
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := CutPiper(src)
	if err != nil {
		t.Fatal(err)
	}
	open := func(name string, graph []byte, in, out []string) func(...ort.Value) []*ort.Tensor[float32] {
		file := path
		if graph != nil {
			file = filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, graph, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s, err := rt.Session(file, in, out, SessionOptions{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Destroy() })
		return func(values ...ort.Value) []*ort.Tensor[float32] {
			t.Helper()
			made := make([]ort.Value, len(out))
			if err := s.Run(values, made); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var tensors []*ort.Tensor[float32]
			for _, v := range made {
				t.Cleanup(func() { v.Destroy() })
				tensors = append(tensors, v.(*ort.Tensor[float32]))
			}
			return tensors
		}
	}
	input := []string{PhonemeIDs, PhonemeCount, Scales}
	whole := open("whole", nil, input, []string{Samples})
	encoder := open("encoder", c.Encoder, input, []string{Prior, Durations})
	flow := open("flow", c.Flow, []string{Prior, Mask}, []string{Latent})
	vocoder := open("vocoder", c.Vocoder, []string{Latent}, []string{Samples})

	ids := []int64{1, 0}
	for i := range 60 { // any sounds will do
		ids = append(ids, int64(14+(i*7)%24), 0)
	}
	ids = append(ids, 2)
	values := []ort.Value{
		tensor(t, ids, 1, int64(len(ids))),
		tensor(t, []int64{int64(len(ids))}, 1),
		tensor(t, []float32{0, 1, 0}, 3),
	}
	want := whole(values...)[0].GetData()
	encoded := encoder(values...)
	prior, durations := encoded[0], encoded[1]
	frames := prior.GetShape()[2]
	var sum float32
	for _, d := range durations.GetData() {
		sum += d
	}
	if int64(sum) != frames || len(durations.GetData()) != len(ids) || int64(len(want)) != frames*256 {
		t.Fatalf("%d frames, %v in durations of %d ids, %d samples", frames, sum, len(ids), len(want))
	}
	if frames < 150 {
		t.Fatalf("%d frames are too few to cut", frames)
	}
	stretch := func(of *ort.Tensor[float32], from, to int64) ort.Value {
		n := of.GetShape()[2]
		var cut []float32
		for c := range of.GetShape()[1] {
			cut = append(cut, of.GetData()[c*n+from:c*n+to]...)
		}
		return tensor(t, cut, 1, of.GetShape()[1], to-from)
	}
	ones := func(n int64) ort.Value {
		m := make([]float32, n)
		for i := range m {
			m[i] = 1
		}
		return tensor(t, m, 1, 1, n)
	}
	latent := flow(prior, ones(frames))[0]
	if db := snr(want, vocoder(latent)[0].GetData()); db < 100 {
		t.Errorf("the pieces differ from the whole: %.0f dB", db)
	}

	const from, to = 60, 90
	for _, tc := range []struct {
		margin int64
		exact  bool
	}{{3, false}, {11, true}} {
		part := vocoder(stretch(latent, from-tc.margin, to+tc.margin))[0].GetData()[tc.margin*256:][:(to-from)*256]
		db := snr(want[from*256:to*256], part)
		t.Logf("vocoder with %d frames of margin: %.0f dB", tc.margin, db)
		if (db > 100) != tc.exact {
			t.Errorf("vocoder with %d frames of margin: %.0f dB", tc.margin, db)
		}
	}
	for _, tc := range []struct {
		margin int64
		exact  bool
	}{{4, false}, {32, true}} {
		n := to - from + 2*tc.margin
		part := flow(stretch(prior, from-tc.margin, to+tc.margin), ones(n))[0].GetData()
		var a, b []float32
		for c := range latent.GetShape()[1] {
			a = append(a, latent.GetData()[c*frames+from:c*frames+to]...)
			b = append(b, part[c*n+tc.margin:c*n+tc.margin+to-from]...)
		}
		db := snr(a, b)
		t.Logf("flow with %d frames of margin: %.0f dB", tc.margin, db)
		if (db > 100) != tc.exact {
			t.Errorf("flow with %d frames of margin: %.0f dB", tc.margin, db)
		}
	}
}

func tensor[T ort.TensorData](t *testing.T, data []T, shape ...int64) ort.Value {
	t.Helper()
	v, err := ort.NewTensor(ort.NewShape(shape...), data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Destroy() })
	return v
}

// snr is the power of the signal over that of its difference from another, in
// decibels.
func snr(signal, other []float32) float64 {
	if len(signal) != len(other) {
		return math.Inf(-1)
	}
	var s, d float64
	for i := range signal {
		s += float64(signal[i]) * float64(signal[i])
		e := float64(signal[i] - other[i])
		d += e * e
	}
	return 10 * math.Log10(s/d)
}

func FuzzCutPiper(f *testing.F) {
	f.Add(model(tinyPiper(), tinyWeights, tinyInputs))
	f.Add([]byte{modelGraph<<3 | 2, 0})
	f.Add([]byte{modelGraph<<3 | 2, 4, graphNode<<3 | 2, 2, nodeInput<<3 | 2, 0})
	f.Fuzz(func(t *testing.T, src []byte) {
		c, err := CutPiper(src)
		if err != nil {
			if !errors.Is(err, ErrNotPiper) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		for _, piece := range [][]byte{c.Encoder, c.Flow, c.Vocoder} {
			// Nothing is copied twice into one piece but the names of the
			// tensors at its borders, of which it has three at most.
			if len(piece) > 4*len(src)+4096 {
				t.Fatalf("%d bytes became a piece of %d", len(src), len(piece))
			}
			if _, err := parseGraph(piece); err != nil {
				t.Fatalf("a piece that cannot be read: %v", err)
			}
		}
	})
}
