package moonshine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	"parley/asr/vad"
	"parley/models"
	"parley/pipeline/audio"
)

// testRuntime is shared by the tests of this package, as by everything in a
// process; it is nil where there are no weights.
var testRuntime *models.Runtime

func TestMain(m *testing.M) {
	dir := os.Getenv("PARLEY_MODELS")
	if dir == "" {
		dir = "../../models/weights"
	}
	var err error
	if testRuntime, err = models.NewRuntime(models.Store{Dir: dir}); err != nil {
		fmt.Fprintln(os.Stderr, "tests on real weights are skipped:", err)
	}
	goleak.VerifyTestMain(m)
}

// open loads a size of the model, and the detector, for a test.
func open(tb testing.TB, size string, passed func(Pass)) *Recognizer {
	tb.Helper()
	if testRuntime == nil {
		tb.Skip("no weights: run \"make models\" or set PARLEY_MODELS")
	}
	d, err := vad.Open(testRuntime)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := Open(testRuntime, Options{Size: size, Detector: d, Passed: passed})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(r.Close(), d.Close()); err != nil {
			tb.Error(err)
		}
	})
	return r
}

// speak has espeak-ng say something, with half a second of silence after it.
func speak(tb testing.TB, text string) []float32 {
	tb.Helper()
	out, err := exec.Command("espeak-ng", "-v", "en-us", "-s", "150", "--stdout", text).Output()
	if err != nil {
		tb.Skipf("espeak-ng: %v", err)
	}
	rec, err := audio.Decode(bytes.NewReader(out), audio.Limits{})
	if err != nil {
		tb.Fatal(err)
	}
	if rec, err = rec.To(audio.Speech); err != nil {
		tb.Fatal(err)
	}
	return append(rec.Samples, make([]float32, rate/2)...)
}

// mustRecognise runs the model alone.
func (m *model) mustRecognise(tb testing.TB, samples []float32, draft []int32) (hypothesis, Pass) {
	tb.Helper()
	h, p, err := m.recognise(context.Background(), samples, draft)
	if err != nil {
		tb.Fatal(err)
	}
	return h, p
}
