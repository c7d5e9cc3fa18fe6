package moonshine

import (
	"fmt"
	"os"
	"testing"

	"parley/models"
)

// runtime is shared by the tests of this package, as by everything in a
// process; it is nil where there are no weights.
var testRuntime *models.Runtime

func TestMain(m *testing.M) {
	dir := os.Getenv("PARLEY_MODELS")
	if dir == "" {
		dir = "../../models/weights"
	}
	rt, err := models.NewRuntime(models.Store{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, "tests on real weights are skipped:", err)
	}
	testRuntime = rt
	code := m.Run()
	if rt != nil {
		if err := rt.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

func weights(t testing.TB) *models.Runtime {
	t.Helper()
	if testRuntime == nil {
		t.Skip("no weights: run \"make models\" or set PARLEY_MODELS")
	}
	return testRuntime
}
