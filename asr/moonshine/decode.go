package moonshine

import (
	"context"
	"errors"
	"fmt"
	"math"

	ort "github.com/yalue/onnxruntime_go"
)

// decoding is the working memory of one greedy decoding: the attention caches
// and the binding that hands them to the decoder in place.
//
// The binding library copies every output that ONNX Runtime allocates, which
// for the caches would be megabytes a token. So the outputs are allocated here:
// a step reads its past from one of two sets of caches and writes the present,
// one position longer, to the other.
type decoding struct {
	m       *model
	binding *ort.IoBinding
	ids     []int64
	logits  []float32
	// cross holds the keys and values of the attention over the encoder's
	// frames, made by the first step; self those of the attention over the
	// tokens. Each has two slices a layer, key then value.
	cross   [][]float32
	self    [2][][]float32
	drafted int
	// What the binding points to has to be held here, lest it be collected.
	yes, no []bool
	nothing []float32
}

func newDecoding(m *model) (*decoding, error) {
	b, err := m.decoder.CreateIoBinding()
	if err != nil {
		return nil, fmt.Errorf("asr: decode: %w", err)
	}
	d := &decoding{
		m: m, binding: b, cross: make([][]float32, 2*m.layers),
		yes: []bool{true}, no: []bool{false}, nothing: make([]float32, heads*m.headWidth),
	}
	for i := range d.self {
		d.self[i] = make([][]float32, 2*m.layers)
	}
	return d, nil
}

func (d *decoding) destroy() error { return d.binding.Destroy() }

// hypothesis is what the decoder wrote and how sure it was.
type hypothesis struct {
	tokens []int32
	// steps has one entry a token and, unless the text was cut off by a guard,
	// one more for the end.
	steps []step
}

// step is what the decoder thought at one position.
type step struct {
	// chance of the token that was chosen.
	chance float64
	// closing is the chance of any punctuation that ends a sentence, end that
	// of the end of the text.
	closing, end float64
}

// maxTokens guards against run-on output. Moonshine's authors allow 6.5 tokens
// a second; the constant leaves room for very short sound.
func maxTokens(samples int) int { return samples*13/(2*rate) + 8 }

// run decodes greedily, at most limit tokens.
//
// A step takes several tokens for little more than the price of one, so tokens
// that the draft foretells are run together and those that the model would have
// chosen itself are kept. Where model and draft part ways it goes on token by
// token, until a token turns up in the draft again.
func (d *decoding) run(ctx context.Context, hidden *ort.Tensor[float32], frames int, draft []int32, limit int) (hypothesis, error) {
	var h hypothesis
	guide := guide{draft: draft[:min(len(draft), limit-1)]}
	past, err := d.first(hidden, frames, &h, guide.draft[:min(len(guide.draft), opening)])
	if err != nil {
		return h, err
	}
	d.drafted = past - 1
	guide.follow(h.tokens)
	for side := 0; !h.ended() && len(h.tokens) < limit; side = 1 - side {
		if err := ctx.Err(); err != nil {
			return h, fmt.Errorf("asr: decode: %w", err)
		}
		if n := repeated(h.tokens); n > 0 {
			h.tokens = h.tokens[:len(h.tokens)-n]
			h.steps = h.steps[:len(h.tokens)]
			break
		}
		known := len(h.tokens)
		ahead := guide.ahead()
		ahead = ahead[:min(len(ahead), limit-known)]
		kept, err := d.next(&h, ahead, past, side)
		if err != nil {
			return h, err
		}
		past += kept
		d.drafted += kept - 1
		guide.follow(h.tokens[known:])
	}
	return h, nil
}

// guide follows a decoding through its draft.
type guide struct {
	draft []int32
	// at is the place in the draft after the last token that was found there;
	// on says that it was the last token of all.
	at int
	on bool
}

const (
	// astray is how far on in the draft a token is looked for.
	astray = 6
	// stride is how many drafted tokens are run at once. A step with 16 takes
	// three times as long as one with a single token.
	stride = 12
	// opening is how many are run with the first step, which has the longest
	// run of right ones.
	opening = 64
)

// follow takes note of tokens that were chosen.
func (g *guide) follow(tokens []int32) {
	for _, t := range tokens {
		g.on = false
		for i := g.at; i < min(g.at+astray, len(g.draft)) && !g.on; i++ {
			if g.draft[i] == t {
				g.at, g.on = i+1, true
			}
		}
	}
}

// ahead gives the tokens that the draft foretells, if it is being followed.
func (g *guide) ahead() []int32 {
	if !g.on {
		return nil
	}
	return g.draft[g.at:min(g.at+stride, len(g.draft))]
}

// ended says whether the last step chose the end.
func (h *hypothesis) ended() bool { return len(h.steps) > len(h.tokens) }

// take appends the choice that a row of logits stands for.
func (h *hypothesis) take(logits []float32, p *pieces) int32 {
	token, s := choose(logits, p)
	h.steps = append(h.steps, s)
	if token != tokenEnd {
		h.tokens = append(h.tokens, token)
	}
	return token
}

// first runs the start token and the draft in one step without a past, which
// also makes the cross caches. It adds the tokens that are certain by it to h
// and returns how many positions of self[0] belong to them.
func (d *decoding) first(hidden *ort.Tensor[float32], frames int, h *hypothesis, draft []int32) (int, error) {
	n := 1 + len(draft)
	d.ids = append(d.ids[:0], tokenStart)
	for _, t := range draft {
		d.ids = append(d.ids, int64(t))
	}
	b := binder{d: d}
	b.clear()
	bindInput(&b, "input_ids", d.ids, 1, int64(n))
	bindInput(&b, "use_cache_branch", d.no, 1)
	b.input("encoder_hidden_states", hidden)
	d.logits = sized(d.logits, n*vocabularySize)
	bindOutput(&b, "logits", d.logits, 1, int64(n), vocabularySize)
	for i := range d.cross {
		for _, of := range []string{"decoder", "encoder"} {
			// This branch reads nothing of a past, but wants one.
			bindInput(&b, cacheName("past_key_values", i, of), d.nothing, b.cache(1)...)
		}
		d.self[0][i] = sized(d.self[0][i], heads*n*d.m.headWidth)
		bindOutput(&b, cacheName("present", i, "decoder"), d.self[0][i], b.cache(n)...)
		d.cross[i] = sized(d.cross[i], heads*frames*d.m.headWidth)
		bindOutput(&b, cacheName("present", i, "encoder"), d.cross[i], b.cache(frames)...)
	}
	if err := b.run(); err != nil {
		return 0, err
	}
	kept := d.accept(h, draft)
	keepPositions(d.self[0], n, kept, d.m.headWidth)

	// All later steps leave these alone.
	b = binder{d: d}
	b.clear()
	bindInput(&b, "use_cache_branch", d.yes, 1)
	b.input("encoder_hidden_states", hidden)
	for i := range d.cross {
		bindInput(&b, cacheName("past_key_values", i, "encoder"), d.cross[i], b.cache(frames)...)
	}
	return kept, b.err
}

// next runs the last token of h and those that are expected to follow it. Their
// past lies in self[side], past positions long. It adds the tokens that are
// certain by it to h, leaves the longer caches in the other self, and returns by
// how many positions they are longer.
func (d *decoding) next(h *hypothesis, ahead []int32, past, side int) (int, error) {
	b := binder{d: d}
	n := 1 + len(ahead)
	d.ids = append(d.ids[:0], int64(h.tokens[len(h.tokens)-1]))
	for _, t := range ahead {
		d.ids = append(d.ids, int64(t))
	}
	bindInput(&b, "input_ids", d.ids, 1, int64(n))
	d.logits = sized(d.logits, n*vocabularySize)
	bindOutput(&b, "logits", d.logits, 1, int64(n), vocabularySize)
	size := heads * d.m.headWidth
	other := d.self[1-side]
	for i := range d.cross {
		bindInput(&b, cacheName("past_key_values", i, "decoder"), d.self[side][i][:size*past], b.cache(past)...)
		other[i] = sized(other[i], size*(past+n))
		bindOutput(&b, cacheName("present", i, "decoder"), other[i], b.cache(past+n)...)
	}
	if err := b.run(); err != nil {
		return 0, err
	}
	kept := d.accept(h, ahead)
	keepPositions(other, past+n, past+kept, d.m.headWidth)
	return kept, nil
}

// accept takes the choices in d.logits for as long as each token that was run is
// the one chosen before it, and says how many of the tokens run that makes good.
func (d *decoding) accept(h *hypothesis, ahead []int32) int {
	for i := 0; ; i++ {
		token := h.take(d.logits[i*vocabularySize:][:vocabularySize], d.m.pieces)
		if i == len(ahead) || token != ahead[i] {
			return i + 1
		}
	}
}

// cacheName is the graph's name of the i-th cache of a kind.
func cacheName(prefix string, i int, of string) string {
	part := "key"
	if i%2 == 1 {
		part = "value"
	}
	return fmt.Sprintf("%s.%d.%s.%s", prefix, i/2, of, part)
}

// sized gives s the length n, with new memory and some room to grow if it must.
func sized(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n, n+n/4)
	}
	return s[:n]
}

// keepPositions shortens caches [heads, n, width] to their first kept positions,
// in place.
func keepPositions(caches [][]float32, n, kept, width int) {
	if kept == n {
		return
	}
	for _, c := range caches {
		for h := range heads {
			copy(c[h*kept*width:][:kept*width], c[h*n*width:][:kept*width])
		}
	}
}

// choose finds the likeliest token and the chances that go with it.
func choose(logits []float32, p *pieces) (int32, step) {
	best := 0
	for i, v := range logits {
		if v > logits[best] {
			best = i
		}
	}
	top := logits[best]
	sum := 0.0
	for _, v := range logits {
		// What is e⁻²⁰ times less likely does not show in the sum.
		if v > top-20 {
			sum += math.Exp(float64(v - top))
		}
	}
	chance := func(i int32) float64 { return math.Exp(float64(logits[i]-top)) / sum }
	s := step{chance: 1 / sum, end: chance(tokenEnd)}
	for _, i := range p.closing {
		s.closing += chance(i)
	}
	return int32(best), s
}

// repeated says how many tokens at the end only repeat those before them: the
// decoder caught in a loop, which greedy decoding does on sound that is no
// speech. Four turns of one to eight tokens are taken for a loop, or eight of a
// single one, since people do say "no no no no".
func repeated(tokens []int32) int {
	for period := 1; period <= 8; period++ {
		turns := 4
		if period <= 2 {
			turns = 8
		}
		n := period * turns
		if len(tokens) < n {
			continue
		}
		loop := true
		tail := tokens[len(tokens)-n:]
		for i := period; i < n && loop; i++ {
			loop = tail[i] == tail[i-period]
		}
		if loop {
			return n - period
		}
	}
	return 0
}

// binder binds tensors over Go memory until the first error.
type binder struct {
	d   *decoding
	err error
}

func (b *binder) cache(positions int) []int64 {
	return []int64{1, heads, int64(positions), int64(b.d.m.headWidth)}
}

func (b *binder) clear() {
	b.d.binding.ClearBoundInputs()
	b.d.binding.ClearBoundOutputs()
}

func (b *binder) input(name string, v ort.Value) {
	if b.err == nil {
		b.err = b.d.binding.BindInput(name, v)
	}
}

func (b *binder) run() error {
	err := b.err
	if err == nil {
		err = b.d.m.decoder.RunWithBinding(b.d.binding)
	}
	if err != nil {
		return fmt.Errorf("asr: decode: %w", err)
	}
	return nil
}

// bindInput binds data, which the caller must hold on to for as long as the
// binding may use it: the tensor made here is a view of it, and ONNX Runtime's
// share of that view is nothing that Go's collector could see.
func bindInput[T ort.TensorData](b *binder, name string, data []T, shape ...int64) {
	bind(b, data, shape, func(t *ort.Tensor[T]) error { return b.d.binding.BindInput(name, t) })
}

func bindOutput(b *binder, name string, data []float32, shape ...int64) {
	bind(b, data, shape, func(t *ort.Tensor[float32]) error { return b.d.binding.BindOutput(name, t) })
}

func bind[T ort.TensorData](b *binder, data []T, shape []int64, to func(*ort.Tensor[T]) error) {
	if b.err != nil {
		return
	}
	t, err := ort.NewTensor(shape, data)
	if err != nil {
		b.err = err
		return
	}
	b.err = errors.Join(to(t), t.Destroy())
}
