package moonshine

import (
	"testing"
	"time"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

// chances makes a window out of chances, 100 ms each.
func chances(start int64, cs ...float64) *window {
	w := &window{}
	for i, c := range cs {
		w.add(stage.Sound{Speech: c, Frame: audio.Frame{
			Format: audio.Speech, Position: start + int64(i)*rate/10, Samples: make([]float32, rate/10),
		}})
	}
	return w
}

func TestVoiced(t *testing.T) {
	t.Parallel()
	const tenth = rate / 10
	w := chances(1000, 0, .4, .6, .4, .3, .4, .9)
	// The chance that goes on with a voice does not begin one.
	want := []span{{1000 + 2*tenth, 1000 + 4*tenth}, {1000 + 6*tenth, 1000 + 7*tenth}}
	got := w.spans(true)
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("voiced %v, want %v", got, want)
	}
	if w.speech() != 3*tenth {
		t.Errorf("speech %d, want %d", w.speech(), 3*tenth)
	}
	w.add(stage.Sound{Frame: audio.Frame{Format: audio.Speech, Position: w.end(), Samples: make([]float32, tenth), Concealed: true}})
	if w.speech() != 4*tenth {
		t.Error("concealed sound was taken for a pause")
	}
	// A gap is silence.
	before := w.end()
	w.add(stage.Sound{Speech: 1, Frame: audio.Frame{Format: audio.Speech, Position: before + 300, Samples: make([]float32, tenth)}})
	if w.end() != before+300+tenth || w.speech() != 5*tenth {
		t.Errorf("after a gap: end %d, speech %d", w.end(), w.speech())
	}
}

func TestPauseAndCut(t *testing.T) {
	t.Parallel()
	const tenth = rate / 10
	w := chances(0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 1, .2, .1, .2)
	at, ok := w.pause(0, w.end()-3*tenth, 2*tenth)
	if want := int64(4*tenth + tenth/2); !ok || at != want {
		t.Fatalf("pause at %d, %v; want %d", at, ok, want)
	}
	if _, ok := w.pause(0, w.end(), 4*tenth); ok {
		t.Error("found a pause of 400 ms")
	}
	if got, want := w.quietest(9*tenth, w.end()), int64(11*tenth+tenth/2); got != want {
		t.Errorf("quietest at %d, want %d", got, want)
	}
	head := w.cut(at)
	if head.start != 0 || head.end() != at || w.start != at || w.end() != 13*tenth {
		t.Errorf("cut into %d–%d and %d–%d", head.start, head.end(), w.start, w.end())
	}
	if head.speech() != 2*tenth || w.speech() != 2*tenth {
		t.Errorf("cut speech into %d and %d", head.speech(), w.speech())
	}
	if head.marks[len(head.marks)-1].end != at || w.marks[0].end != 5*tenth {
		t.Errorf("cut the marks into %v and %v", head.marks, w.marks)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	// Speech from 1.1 to 1.3 s and from 1.5 to 1.7 s.
	w := chances(rate, 0, 1, 1, 0, 0, 1, 1, 0)
	got := w.place([]word{{text: "two"}, {text: "six"}, {text: "ten,"}, {text: "1"}})
	want := [][2]int{{1100, 1182}, {1182, 1264}, {1264, 1546}, {1546, 1700}}
	for i, g := range got {
		for j, at := range []time.Duration{g.Start, g.End} {
			if d := at.Milliseconds() - int64(want[i][j]); d < -45 || d > 45 {
				t.Errorf("%s: %v–%v, want about %v ms", g.Text, g.Start, g.End, want[i])
			}
		}
		if i > 0 && g.Start < got[i-1].End {
			t.Errorf("%s begins before %s ends", g.Text, got[i-1].Text)
		}
	}
	// At a joint, ends stay before the pause and starts behind it.
	got = w.place([]word{{text: "one"}, {text: "two"}})
	if got[0].End != 1300*time.Millisecond || got[1].Start != 1500*time.Millisecond {
		t.Errorf("joint at %v and %v", got[0].End, got[1].Start)
	}
	if len(w.place(nil)) != 0 {
		t.Error("placed words that are not there")
	}
}
