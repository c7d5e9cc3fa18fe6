package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"parley/asr/moonshine"
	"parley/asr/score"
	"parley/asr/vad"
	"parley/models"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/pipeline/trace"
)

// ASROptions say what "bench asr" recognises and how.
type ASROptions struct {
	// Manifest is a file of JSON lines; see ASRItem.
	Manifest string
	// Model is the size of Moonshine, "base" or "tiny".
	Model string
	// Policy is "offline", the whole recording at once, or "agreement", as the
	// server does it while somebody speaks: words are committed when two
	// hypotheses in a row agree on them.
	Policy string
	// Limit takes the first items only; 0 takes all.
	Limit int
	// Seed fixes the confidence intervals.
	Seed uint64
	// Out, if not nil, gets one JSON line an item with what was recognised.
	Out io.Writer
	// Progress, if not nil, hears how many items of how many are done.
	Progress func(done, of int)
	// Commit is what is measured, for the machine's description.
	Commit string
}

// ASRSet is what one set of the manifest came to, in percent.
type ASRSet struct {
	WER   float64    `json:"wer"`
	Words int        `json:"words"`
	CI95  [2]float64 `json:"wer_ci95"`
	// CommittedWER is that of the words as they were committed, followed by
	// what the final transcript has after them.
	CommittedWER float64 `json:"committed_wer"`
}

// Lookahead is how much sound after its end a word was committed with, in
// milliseconds. The ends of words are Moonshine's estimates.
type Lookahead struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
}

// ASRResult is what "bench asr" prints. The figures of a live recognition are
// null when the policy is offline.
type ASRResult struct {
	Sets map[string]*ASRSet `json:"sets"`
	// OverruledRatio is the share of committed words that the final transcript
	// does not have.
	OverruledRatio *float64   `json:"overruled_ratio"`
	Lookahead      *Lookahead `json:"lookahead_ms"`
	// Emission is from a word's end to its being committed, with the time that
	// recognising took.
	Emission *Quantiles `json:"emission_ms"`
	// Final is from the commit of the turn, half a second after the end of the
	// recording, to the final transcript; offline, how long it took in all.
	Final Quantiles `json:"final_ms"`
	// UnstablePartialRatio is how many words of partial transcripts were
	// changed by the next one, for each word of the final ones (Shangguan et
	// al. 2020, arXiv 2006.01416).
	UnstablePartialRatio *float64 `json:"unstable_partial_ratio"`
	// CoreSeconds is the processor time for each second of sound.
	CoreSeconds float64 `json:"core_s_per_s"`
	// Token is the decoder's time for each token that it wrote.
	Token   Quantiles `json:"token_ms"`
	Machine Machine   `json:"machine"`
	N       int       `json:"n"`
}

// ASR recognises the items of a manifest and compares them with their texts.
// Time is that of one conversation on this machine: sound arrives at its own
// pace on a simulated clock, which the measured time of every computation
// moves on.
func ASR(ctx context.Context, rt *models.Runtime, o ASROptions) (ASRResult, error) {
	if o.Policy != "offline" && o.Policy != "agreement" {
		return ASRResult{}, fmt.Errorf("bench: there is no policy %q; there are offline and agreement", o.Policy)
	}
	items, err := ReadASRManifest(o.Manifest, o.Limit)
	if err != nil {
		return ASRResult{}, err
	}
	detector, err := vad.Open(rt)
	if err != nil {
		return ASRResult{}, err
	}
	defer detector.Close()
	run := asrRun{o: o, detector: detector, sets: map[string]*asrTally{}}
	run.recognizer, err = moonshine.Open(rt, moonshine.Options{Size: o.Model, Detector: detector, Passed: run.passed})
	if err != nil {
		return ASRResult{}, err
	}
	defer run.recognizer.Close()
	for i, it := range items {
		if err := run.item(ctx, it); err != nil {
			return ASRResult{}, fmt.Errorf("bench: %s: %w", it.File, err)
		}
		if o.Progress != nil {
			o.Progress(i+1, len(items))
		}
	}
	r := run.result()
	r.N, r.Machine = len(items), ThisMachine("moonshine-"+o.Model, o.Commit)
	return r, nil
}

// asrRun gathers the figures.
type asrRun struct {
	o          ASROptions
	detector   *vad.Detector
	recognizer *moonshine.Recognizer

	sets                              map[string]*asrTally
	lookahead, emission, final, token []time.Duration
	committed, overruled              int
	unstable, words                   int
	processor, sound                  time.Duration
}

type asrTally struct{ final, committed score.Tally }

func (r *asrRun) passed(p moonshine.Pass) {
	// The end is a token, too.
	r.token = append(r.token, p.Decode/time.Duration(p.Tokens+1))
}

// item recognises one recording.
func (r *asrRun) item(ctx context.Context, it ASRItem) error {
	rec, err := audio.ReadFile(filepath.Join(filepath.Dir(r.o.Manifest), it.File))
	if err != nil {
		return err
	}
	if rec, err = rec.To(audio.Speech); err != nil {
		return err
	}
	before := processorTime()
	h := heardItem{}
	if r.o.Policy == "offline" {
		began := time.Now()
		h.final, err = r.recognizer.Transcribe(ctx, rec.Samples)
		r.final = append(r.final, time.Since(began))
	} else {
		err = r.live(ctx, rec.Samples, &h)
	}
	if err != nil {
		return err
	}
	r.processor += processorTime() - before
	r.sound += rec.Duration()
	r.count(it, h)
	if r.o.Out == nil {
		return nil
	}
	line := struct {
		ASRItem
		Hypothesis string       `json:"hyp"`
		Committed  string       `json:"committed"`
		Words      []stage.Word `json:"words"`
	}{it, h.final.Text, joined(h.committed), h.final.Words}
	if err := json.NewEncoder(r.o.Out).Encode(line); err != nil {
		return fmt.Errorf("write hypotheses: %w", err)
	}
	return nil
}

// heardItem is what was recognised of one item.
type heardItem struct {
	committed []stage.Word
	final     stage.Transcript
}

func (r *asrRun) count(it ASRItem, h heardItem) {
	if it.Text == nil {
		return
	}
	t := r.sets[it.Set]
	if t == nil {
		t = &asrTally{}
		r.sets[it.Set] = t
	}
	t.final.Add(*it.Text, h.final.Text)
	kept := joined(h.committed)
	if n := len(h.committed); n < len(h.final.Words) {
		kept += " " + joined(h.final.Words[n:])
	}
	t.committed.Add(*it.Text, kept)
	// What the final transcript has beyond the committed words are insertions
	// here, which is as it should be.
	c := score.Align(score.Normalize(joined(h.committed)), score.Normalize(h.final.Text))
	r.committed += c.Words
	r.overruled += c.Substitutions + c.Deletions
	r.words += len(h.final.Words)
}

func (r *asrRun) result() ASRResult {
	out := ASRResult{Sets: map[string]*ASRSet{}, Final: QuantilesOf(r.final), Token: QuantilesOf(r.token)}
	if r.sound > 0 {
		out.CoreSeconds = r.processor.Seconds() / r.sound.Seconds()
	}
	for name, t := range r.sets {
		if t.final.Words() == 0 {
			continue
		}
		low, high := t.final.CI95(r.o.Seed)
		out.Sets[name] = &ASRSet{
			WER: hundredths(t.final.WER()), Words: t.final.Words(), CommittedWER: hundredths(t.committed.WER()),
			CI95: [2]float64{hundredths(low), hundredths(high)},
		}
	}
	if r.o.Policy == "offline" {
		return out
	}
	out.OverruledRatio = ratio(r.overruled, r.committed)
	out.UnstablePartialRatio = ratio(r.unstable, r.words)
	emission := QuantilesOf(r.emission)
	out.Emission = &emission
	q := QuantilesOf(r.lookahead)
	out.Lookahead = &Lookahead{P50: q.P50, P90: q.P90}
	for _, d := range r.lookahead {
		out.Lookahead.Mean += trace.Millis(d) / float64(len(r.lookahead))
	}
	return out
}

func hundredths(x float64) float64 { return math.Round(x*100) / 100 }

func ratio(n, of int) *float64 {
	x := 0.0
	if of > 0 {
		x = float64(n) / float64(of)
	}
	return &x
}

func joined(words []stage.Word) string {
	var b []byte
	for i, w := range words {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, w.Text...)
	}
	return string(b)
}

// processorTime is what this process has used so far of all cores.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// turnSilence is how long the person has been silent when a server with its
// default settings commits their turn.
const turnSilence = 500 * time.Millisecond

// live recognises a recording as the server does while it comes in.
func (r *asrRun) live(ctx context.Context, samples []float32, h *heardItem) (err error) {
	sounds, err := r.detect(ctx, slices.Concat(samples, make([]float32, audio.Speech.Samples(turnSilence))))
	if err != nil {
		return err
	}
	// now is the simulated time, began the real one since which it stands.
	var now time.Duration
	began := time.Now()
	clock := func() time.Duration { return now + time.Since(began) }
	var shown []stage.Word
	u, err := r.recognizer.Open(ctx, stage.Hearing{Format: audio.Speech}, func(t stage.Transcript) {
		at := clock()
		for i := len(h.committed); i < len(t.Words) && t.Words[i].Committed; i++ {
			w := t.Words[i]
			h.committed = append(h.committed, w)
			r.lookahead = append(r.lookahead, w.Lookahead)
			r.emission = append(r.emission, at-w.End)
		}
		r.unstable += changed(shown, t.Words)
		shown = t.Words
	})
	if err != nil {
		return err
	}
	defer u.Close()
	arrival := func(i int) time.Duration { return audio.Speech.Duration(sounds[i].End()) }
	for i := 0; i < len(sounds); {
		now = max(now, arrival(i))
		next := i + 1
		for next < len(sounds) && arrival(next) <= now {
			next++
		}
		began = time.Now()
		if err := u.Write(ctx, sounds[i:next]...); err != nil {
			return err
		}
		now += time.Since(began)
		i = next
	}
	over := audio.Speech.Duration(int64(len(samples))) + turnSilence
	now, began = max(now, over), time.Now()
	if h.final, err = u.Finish(ctx); err != nil {
		return err
	}
	r.final = append(r.final, clock()-over)
	r.unstable += changed(shown, h.final.Words)
	return nil
}

// detect runs the detector over a recording.
func (r *asrRun) detect(ctx context.Context, samples []float32) (sounds []stage.Sound, err error) {
	d, err := r.detector.Open()
	if err != nil {
		return nil, err
	}
	defer d.Close()
	f := audio.Frame{Format: audio.Speech, Samples: samples}
	err = d.Write(ctx, f, func(s stage.Sound) { sounds = append(sounds, s) })
	return sounds, err
}

// changed counts the words that the next transcript has otherwise.
func changed(shown, next []stage.Word) (n int) {
	for i, w := range shown {
		if i >= len(next) || next[i].Text != w.Text {
			n++
		}
	}
	return n
}
