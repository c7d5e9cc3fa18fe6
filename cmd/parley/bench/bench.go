// Package bench measures Parley: what "parley bench" runs. Every benchmark
// fills one struct that is printed as one JSON object; times are milliseconds,
// percentiles by nearest rank. What a person would hear is measured at the
// client; where a figure comes from the server's trace, its doc says so.
package bench

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"parley/pipeline/trace"
)

// Machine says what a figure was measured on.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`
	Go     string `json:"go"`
	ORT    string `json:"ort"`
	Models string `json:"models"`
	Commit string `json:"commit"`
}

// ThisMachine describes where the benchmark runs. models names the weights in
// use.
func ThisMachine(models, commit string) Machine {
	m := Machine{CPU: "unknown", Cores: runtime.NumCPU(), Go: runtime.Version(), Models: models, Commit: commit}
	if ort.IsInitialized() {
		m.ORT = ort.GetVersion()
	}
	if raw, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(raw)) {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				m.CPU = strings.Trim(name, " \t:\n")
				break
			}
		}
	}
	if info, ok := debug.ReadBuildInfo(); ok && m.Commit == "" {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				m.Commit = s.Value
			}
		}
	}
	return m
}

// Quantiles are percentiles by nearest rank, in milliseconds. Those that a
// benchmark does not print are left zero.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// QuantilesOf sorts a copy of the durations and reads its percentiles. Without
// any durations all are zero.
func QuantilesOf(ds []time.Duration) Quantiles {
	ms := make([]float64, len(ds))
	for i, d := range ds {
		ms[i] = trace.Millis(d)
	}
	slices.Sort(ms)
	return Quantiles{P50: Rank(ms, 0.5), P90: Rank(ms, 0.9), P95: Rank(ms, 0.95), P99: Rank(ms, 0.99)}
}

// Rank gives the p-quantile of sorted values by nearest rank: the smallest one
// that at least p of all values do not exceed.
func Rank(sorted []float64, p float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	i := int(math.Ceil(p*float64(len(sorted)))) - 1
	return sorted[min(max(i, 0), len(sorted)-1)]
}
