package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// field is one setting, found in Config by reflection.
type field struct {
	path  string // "asr.model"
	doc   string
	oneof []string
	low   string // of its range, or empty
	high  string
	index []int // its place in Config
	kind  reflect.Type
}

// fields lists every setting, in the order of Config.
var fields = walk(reflect.TypeFor[Config](), "", nil)

// byPath finds a setting.
var byPath = func() map[string]field {
	m := map[string]field{}
	for _, f := range fields {
		m[f.path] = f
	}
	return m
}()

func walk(t reflect.Type, prefix string, index []int) []field {
	var all []field
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(slices.Clone(index), i)
		path := prefix + sf.Tag.Get("yaml")
		if sf.Type.Kind() == reflect.Struct {
			all = append(all, walk(sf.Type, path+".", at)...)
			continue
		}
		low, high, _ := strings.Cut(sf.Tag.Get("range"), "..")
		all = append(all, field{
			path: path, doc: sf.Tag.Get("doc"), oneof: strings.Fields(sf.Tag.Get("oneof")),
			low: low, high: high, index: at, kind: sf.Type,
		})
	}
	return all
}

// flag is the setting's name on the command line, without the dashes.
func (f field) flag() string { return strings.NewReplacer(".", "-", "_", "-").Replace(f.path) }

// env is the setting's name in the environment.
func (f field) env() string {
	return "PARLEY_" + strings.ToUpper(strings.ReplaceAll(f.path, ".", "_"))
}

func (f field) isList() bool { return f.kind.Kind() == reflect.Slice }

// usage is what help says of the setting.
func (f field) usage() string {
	switch {
	case len(f.oneof) > 0:
		return f.doc + " (" + strings.Join(f.oneof, ", ") + ")"
	case f.low != "":
		return fmt.Sprintf("%s (%s to %s)", f.doc, f.low, f.high)
	default:
		return f.doc
	}
}

func (f field) of(c *Config) reflect.Value { return reflect.ValueOf(c).Elem().FieldByIndex(f.index) }

// format writes the setting's value as it is read.
func (f field) format(c *Config) string {
	switch v := f.of(c).Interface().(type) {
	case []string:
		return strings.Join(v, ",")
	case time.Duration:
		return formatDuration(v)
	default:
		return fmt.Sprint(v)
	}
}

// formatDuration leaves out the zeroes that Duration.String puts behind ("2h0m0s").
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// set parses text, which is one value, or all of them for a list, into c. It
// leaves c alone if that fails.
func (f field) set(c *Config, text []string) error {
	if f.isList() {
		f.of(c).Set(reflect.ValueOf(slices.Clone(text)))
		return nil
	}
	v, err := f.parse(text[0])
	if err != nil {
		return err
	}
	if len(f.oneof) > 0 && !slices.Contains(f.oneof, text[0]) {
		return fmt.Errorf("%q is not one of %s", text[0], strings.Join(f.oneof, ", "))
	}
	if f.low != "" {
		low, errLow := f.parse(f.low)
		high, errHigh := f.parse(f.high)
		if errLow != nil || errHigh != nil {
			panic("config: the range of " + f.path + " cannot be read") // a test reads them all
		}
		if less(v, low) || less(high, v) {
			return fmt.Errorf("%s is not within %s to %s", text[0], f.low, f.high)
		}
	}
	f.of(c).Set(reflect.ValueOf(v))
	return nil
}

func (f field) parse(text string) (any, error) {
	switch reflect.Zero(f.kind).Interface().(type) {
	case string:
		return text, nil
	case bool:
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("%q is neither true nor false", text)
		}
		return text == "true", nil
	case int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", text)
		}
		return n, nil
	case float64:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", text)
		}
		return n, nil
	case time.Duration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a duration, such as 500ms or 10s", text)
		}
		return d, nil
	default:
		panic("config: " + f.path + " is of a kind that cannot be set")
	}
}

func less(a, b any) bool {
	switch a := a.(type) {
	case int:
		return a < b.(int)
	case float64:
		return !(a >= b.(float64)) // so that NaN is out of every range
	case time.Duration:
		return a < b.(time.Duration)
	default:
		return false
	}
}
