package models

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotPiper says that a graph cannot be cut because it is not a Piper voice
// of the form that Parley speaks with: one speaker, exported from VITS.
var ErrNotPiper = errors.New("not a single-speaker Piper voice")

// Names of the tensors at which a voice is cut. Shapes are [batch, channels,
// time]; batch is 1.
const (
	// PhonemeIDs i64 [1, n], PhonemeCount i64 [1] and Scales f32 [3] (noise,
	// length, duration noise) go into the encoder, as Piper names them.
	PhonemeIDs   = "input"
	PhonemeCount = "input_lengths"
	Scales       = "scales"
	// Durations f32 [1, 1, n] come out of it: how many frames each id lasts.
	Durations = "parley.durations"
	// Prior f32 [1, 192, frames] goes from the encoder to the flow. All the
	// chance of a voice is in it: what follows is deterministic.
	Prior = "parley.prior"
	// Mask f32 [1, 1, frames] goes into the flow: 1 where there is speech.
	Mask = "parley.mask"
	// Latent f32 [1, 192, frames] goes from the flow to the vocoder.
	Latent = "parley.latent"
	// Samples f32 [1, 1, 1, frames × 256] come out of the vocoder.
	Samples = "output"
)

// Cut is a Piper voice as three graphs, each an ONNX file. VITS (Kim, Kong and
// Son, 2021, arXiv:2106.06103) has a text encoder that must see the whole
// clause, and after it only convolutions, the normalising flow and the
// vocoder, that see a bounded stretch of time. Run apart, those two can speak
// the beginning of a clause before its end has been computed.
type Cut struct {
	// Encoder: PhonemeIDs, PhonemeCount, Scales → Prior, Durations.
	Encoder []byte
	// Flow: Prior, Mask → Latent.
	Flow []byte
	// Vocoder: Latent → Samples.
	Vocoder []byte
}

// CutPiper cuts the ONNX file of a Piper voice. The places are found by the
// structure that all of Piper's exports share: the latent is what feeds the
// vocoder's first convolution, the prior is what feeds the first step of the
// flow, the mask is what the flow's result is multiplied with, and the
// durations are those that are rounded up and then summed up. Weights and nodes
// are carried over byte for byte. The error is ErrNotPiper if a place is
// missing or the pieces hang together in any other way.
func CutPiper(src []byte) (Cut, error) {
	g, err := parseGraph(src)
	if err != nil {
		return Cut{}, fmt.Errorf("models: cut: %w: %w", ErrNotPiper, err)
	}
	places, err := g.places()
	if err != nil {
		return Cut{}, fmt.Errorf("models: cut: %w: %w", ErrNotPiper, err)
	}
	var c Cut
	for _, p := range []struct {
		name    string
		out     *[]byte
		inputs  []border
		outputs []border
		// given are the inputs of the whole graph that the piece may use.
		given []string
	}{
		{"encoder", &c.Encoder, nil, []border{{Prior, places.prior}, {Durations, places.durations}}, []string{PhonemeIDs, PhonemeCount, Scales}},
		{"flow", &c.Flow, []border{{Prior, places.prior}, {Mask, places.mask}}, []border{{Latent, places.latent}}, nil},
		{"vocoder", &c.Vocoder, []border{{Latent, places.latent}}, []border{{Samples, Samples}}, nil},
	} {
		piece, err := g.piece(p.inputs, p.outputs, p.given)
		if err != nil {
			return Cut{}, fmt.Errorf("models: cut the %s: %w: %w", p.name, ErrNotPiper, err)
		}
		*p.out = piece
	}
	return c, nil
}

// places are the tensors to cut at, by the names that the exporter gave them.
type places struct{ latent, prior, mask, durations string }

func (g *graph) places() (places, error) {
	var p places
	for i := range g.nodes {
		n := &g.nodes[i]
		switch {
		case p.latent == "" && n.op == "Conv" && strings.HasSuffix(n.name, "dec/conv_pre/Conv") && len(n.inputs) > 0:
			p.latent = n.inputs[0]
		case p.prior == "" && strings.HasPrefix(n.name, "/flow/") && len(n.inputs) > 0:
			p.prior = n.inputs[0]
		case p.durations == "" && n.op == "CumSum" && len(n.inputs) > 0:
			if from, ok := g.source[n.inputs[0]]; ok && g.nodes[from].op == "Ceil" {
				p.durations = n.inputs[0]
			}
		}
	}
	if from, ok := g.source[p.latent]; ok && g.nodes[from].op == "Mul" {
		for _, in := range g.nodes[from].inputs {
			if i, ok := g.source[in]; ok && !strings.HasPrefix(g.nodes[i].name, "/flow/") {
				p.mask = in
			}
		}
	}
	for _, missing := range []struct{ tensor, what string }{
		{p.latent, "convolution /dec/conv_pre"}, {p.prior, "flow"}, {p.mask, "mask after the flow"}, {p.durations, "phoneme durations"},
	} {
		if missing.tensor == "" {
			return p, fmt.Errorf("the graph has no %s", missing.what)
		}
	}
	return p, nil
}
