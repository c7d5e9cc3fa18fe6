package builtin

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"parley/pipeline/stage"
)

// TestBenchQuestions answers the questions that the voice benchmark asks aloud,
// so that a wrong answer there is the ears' or the mouth's.
func TestBenchQuestions(t *testing.T) {
	f, err := os.Open("../../cmd/parley/bench/questions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		var q struct{ Text, Answer string }
		if err := json.Unmarshal(s.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		right, err := regexp.Compile("(?i)" + q.Answer)
		if err != nil {
			t.Fatal(err)
		}
		got := respond(t, stage.Turn{Question: q.Text, Now: now})
		if text := got[0].Claims[0].Text; got[0].Kind != stage.Answer || !right.MatchString(text) {
			t.Errorf("%q: %q does not match %s", q.Text, text, q.Answer)
		}
		if right.MatchString(q.Text) {
			t.Errorf("%q holds its own answer %s", q.Text, q.Answer)
		}
		if w := len(strings.Fields(q.Text)); w < 3 || w > 14 {
			t.Errorf("%q has %d words", q.Text, w)
		}
	}
	if n < 30 {
		t.Errorf("only %d questions", n)
	}
}
