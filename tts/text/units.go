package text

import (
	"regexp"
	"strings"
)

// unit is what a sign after a number is called, for one and for more of it.
type unit struct{ one, many string }

func regular(name string) unit { return unit{name, name + "s"} }

// units by their signs. A sign that is also a word or a name is read as a unit
// only when it is glued to its number; see loose.
var units = map[string]unit{
	"km": regular("kilometre"), "m": regular("metre"), "cm": regular("centimetre"), "mm": regular("millimetre"),
	"µm": regular("micrometre"), "nm": regular("nanometre"), "mi": regular("mile"), "yd": regular("yard"),
	"ft": {"foot", "feet"}, "in": {"inch", "inches"}, "ha": regular("hectare"), "ly": regular("light year"),
	"kg": regular("kilogram"), "g": regular("gram"), "mg": regular("milligram"), "µg": regular("microgram"),
	"lb": regular("pound"), "lbs": regular("pound"), "oz": regular("ounce"),
	"l": regular("litre"), "L": regular("litre"), "ml": regular("millilitre"), "mL": regular("millilitre"),
	"cl": regular("centilitre"), "dl": regular("decilitre"),
	"h": regular("hour"), "hr": regular("hour"), "hrs": regular("hour"), "min": regular("minute"), "mins": regular("minute"),
	"s": regular("second"), "sec": regular("second"), "secs": regular("second"),
	"ms": regular("millisecond"), "µs": regular("microsecond"), "ns": regular("nanosecond"),
	"mph": {"mile per hour", "miles per hour"}, "rpm": {"revolution per minute", "revolutions per minute"},
	"kph": {"kilometre per hour", "kilometres per hour"}, "kmh": {"kilometre per hour", "kilometres per hour"},
	"Hz": {"hertz", "hertz"}, "kHz": {"kilohertz", "kilohertz"}, "MHz": {"megahertz", "megahertz"}, "GHz": {"gigahertz", "gigahertz"},
	"dB": regular("decibel"), "W": regular("watt"), "kW": regular("kilowatt"), "MW": regular("megawatt"), "GW": regular("gigawatt"),
	"Wh": regular("watt hour"), "kWh": regular("kilowatt hour"), "MWh": regular("megawatt hour"),
	"V": regular("volt"), "mV": regular("millivolt"), "kV": regular("kilovolt"), "A": regular("amp"), "mA": regular("milliamp"), "mAh": regular("milliamp hour"),
	"J": regular("joule"), "kJ": regular("kilojoule"), "kcal": regular("kilocalorie"), "cal": regular("calorie"),
	"N": regular("newton"), "Pa": regular("pascal"), "kPa": regular("kilopascal"), "hPa": regular("hectopascal"),
	"B": regular("byte"), "kB": regular("kilobyte"), "KB": regular("kilobyte"), "MB": regular("megabyte"), "GB": regular("gigabyte"),
	"TB": regular("terabyte"), "PB": regular("petabyte"), "KiB": regular("kibibyte"), "MiB": regular("mebibyte"), "GiB": regular("gibibyte"),
	"bps": {"bit per second", "bits per second"}, "kbps": {"kilobit per second", "kilobits per second"},
	"Mbps": {"megabit per second", "megabits per second"}, "Gbps": {"gigabit per second", "gigabits per second"},
	"px": regular("pixel"), "fps": {"frame per second", "frames per second"},
	"°C": {"degree Celsius", "degrees Celsius"}, "℃": {"degree Celsius", "degrees Celsius"},
	"°F": {"degree Fahrenheit", "degrees Fahrenheit"}, "℉": {"degree Fahrenheit", "degrees Fahrenheit"},
	"%": {"percent", "percent"}, "‰": {"per mille", "per mille"},
	"USD": {"US dollar", "US dollars"}, "GBP": regular("pound"), "EUR": regular("euro"),
}

// loose signs are units even when a space parts them from their number.
func loose(sign string) bool {
	switch sign {
	case "in", "A", "B", "J", "N", "ha", "cal":
		return false
	}
	return true
}

var quantity = regexp.MustCompile(`^([-−+~≈<>]?\d[\d,.]*)(\D+)$`)

// readUnit reads "5km", and the "km" of "5 km".
func readUnit(c *reading) (string, bool) {
	if m := quantity.FindStringSubmatch(c.core); m != nil {
		if name, ok := unitName(m[2], m[1]); ok {
			return signed(m[1]) + " " + name, true
		}
		return "", false
	}
	if before := c.near(-1); isNumber(before) && loose(c.core) {
		return unitName(c.core, before)
	}
	return "", false
}

// unitName reads a sign such as "km", "m²" or "m/s²" after an amount.
func unitName(sign, amount string) (string, bool) {
	sign = strings.ReplaceAll(sign, "μ", "µ") // the Greek letter is often written for the sign
	over, under, per := strings.Cut(sign, "/")
	name, ok := powerOf(over, strings.TrimLeft(amount, "~≈<>+-−") != "1")
	if !ok || !per {
		return name, ok
	}
	below, ok := powerOf(under, false)
	return name + " per " + below, ok
}

// powerOf reads a sign with its exponent: areas and volumes take theirs in
// front, as a person says them.
func powerOf(sign string, many bool) (string, bool) {
	bare, power := strings.TrimRight(sign, "²³"), ""
	switch strings.TrimPrefix(sign, bare) {
	case "":
	case "²":
		power = "square "
	case "³":
		power = "cubic "
	default:
		return "", false
	}
	u, ok := units[bare]
	if !ok {
		return "", false
	}
	name := u.one
	if many {
		name = u.many
	}
	if power != "" && (bare == "s" || bare == "h") {
		return name + " squared", true
	}
	return power + name, true
}
