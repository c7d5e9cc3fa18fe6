package bench

import (
	"testing"
	"time"
)

func TestNearestRank(t *testing.T) {
	var ds []time.Duration
	for i := 20; i >= 1; i-- {
		ds = append(ds, time.Duration(i)*time.Millisecond)
	}
	if q := QuantilesOf(ds); q != (Quantiles{P50: 10, P90: 18, P95: 19, P99: 20}) {
		t.Errorf("of 1 to 20 ms: %+v", q)
	}
	if q := QuantilesOf(ds[:1]); q.P50 != 20 || q.P99 != 20 {
		t.Errorf("of one: %+v", q)
	}
	if q := QuantilesOf(nil); q != (Quantiles{}) {
		t.Errorf("of none: %+v", q)
	}
}
