package turn

import (
	"testing"
	"time"

	"parley/pipeline/audio"
	"parley/pipeline/stage"
)

// windows plays one letter a 32 ms window to an endpointer: S is speech, s a
// chance between release and threshold, . silence, c concealed sound. It gives
// one letter a window back: ( for a start, ) for an end.
func windows(t *testing.T, e *Endpointer, r Rule, script string) string {
	t.Helper()
	chance := map[rune]float64{'S': 0.9, 's': 0.4, '.': 0.01, 'c': 0.01}
	got := ""
	for i, w := range script {
		c := e.Hear(stage.Sound{
			Frame:  audio.Frame{Format: audio.Speech, Position: int64(i * 512), Samples: make([]float32, 512), Concealed: w == 'c'},
			Speech: chance[w],
		}, r)
		got += string("-()"[c])
	}
	return got
}

func TestEndpointer(t *testing.T) {
	rule := Rule{Threshold: 0.5, Silence: 128 * time.Millisecond}
	cases := []struct{ name, script, want string }{
		{"one turn", "..SSSS....", "---(-----)"},
		{"a click is no speech", "..S...S...", "----------"},
		{"a pause within a turn", "SSS...SS....", "-(---------)"},
		{"an undecided chance neither ends nor starts", "SS...ss...", "-(-----)--"},
		{"lost packets are no pause", "SSccccc...." + ".", "-(--------" + ")-"},
		{"two turns", "SS....SS....", "-(---)-(---)"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			var e Endpointer
			if got := windows(t, &e, rule, tc.script); got != tc.want {
				t.Errorf("\n got %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestEndpointerPlaces(t *testing.T) {
	var e Endpointer
	windows(t, &e, Rule{Threshold: 0.5, Silence: 128 * time.Millisecond}, "..SSSS....")
	if want := 64 * time.Millisecond; e.Start != want {
		t.Errorf("start %v, want %v", e.Start, want)
	}
	if want := 192 * time.Millisecond; e.End != want {
		t.Errorf("end %v, want %v", e.End, want)
	}
}
