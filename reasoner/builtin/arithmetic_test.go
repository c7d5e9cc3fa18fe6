package builtin

import (
	"fmt"
	goast "go/ast"
	"go/constant"
	goparser "go/parser"
	gotoken "go/token"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parley/pipeline/stage"
)

func TestArithmetic(t *testing.T) {
	for _, tc := range []struct{ question, value string }{
		// As recognisers write.
		{"What is 12 times 7?", "84"},
		{"What's 15% of 80?", "12"},
		{"What is 3.5 plus 2.5?", "6"},
		{"two plus two", "4"},
		{"Um, what's, uh, two plus two?", "4"},
		{"What is twelve, times, seven?", "84"},
		{"WHAT IS TWELVE TIMES SEVEN", "84"},
		{"Whats 17 plus 25", "42"},
		{"What’s 17 plus 25?", "42"},
		{"Hello, what's 17 plus 25, please?", "42"},
		{"Can you tell me what nine times nine is, please?", "81"},
		{"Could you calculate 45 times 12 for me?", "540"},
		{"Let me know what 6 times 6 is.", "36"},
		{"I'd like to know what 6 times 6 is", "36"},
		{"What does 9 plus 10 make?", "19"},
		{"two plus two equals what", "4"},
		{"If I add 13 and 29, what do I get?", "42"},
		{"12x7", "84"},
		{"What is 12 X 7?", "84"},
		{"3-2", "1"},
		{"2(3+4)", "14"},
		// Numbers.
		{"what is twelve times seven", "84"},
		{"What's 3 point 5 plus two and a half?", "6"},
		{"a hundred and twenty divided by eight", "15"},
		{"one hundred twenty three plus four hundred fifty six", "579"},
		{"three million two hundred thousand plus one", "3200001"},
		{"2.5 million times 4", "10000000"},
		{"two and a half million plus 1", "2500001"},
		{"3 million 200 thousand plus 1", "3200001"},
		{"1,000,000 divided by 8", "125000"},
		{"two million three hundred and forty five thousand six hundred and seventy eight minus one", "2345677"},
		{"half a million plus 3", "500003"},
		{"half a dozen plus one", "7"},
		{"twelve hundred minus one", "1199"},
		{"a thousand and one minus two", "999"},
		{"twenty-one and a half plus three", "24.5"},
		{"zero point one plus zero point two", "0.3"},
		{"point five times four", "2"},
		{"three point one four times 100", "314"},
		{"three point oh five plus one", "4.05"},
		{"1 half plus 1 quarter", "0.75"},
		{"½ plus ¼", "0.75"},
		{"1 1/2 plus 2", "3.5"},
		{"two thirds plus one third", "1"},
		{"a thousand and two thirds minus two thirds", "1000"},
		{"negative 3 times negative 5", "15"},
		{"-5 + 3", "-2"},
		{"5 - -3", "8"},
		{"one quintillion divided by one trillion", "1000000"},
		// Sounding alike.
		{"two plus for", "6"},
		{"two plus to", "4"},
		{"to plus to", "4"},
		{"What is to times three?", "6"},
		{"one plus won", "2"},
		{"ate times ate", "64"},
		{"for plus for", "8"},
		{"twenty to plus one", "23"},
		{"two times too", "4"},
		{"What is 20 divided buy 4?", "5"},
		{"two and two", "4"},
		{"one twenty divided by eight", "15"},
		{"to to the power of three", "8"},
		// Heard by Moonshine where a synthetic voice had asked for sums.
		{"What is a zero point one plus zero point two?", "0.3"},
		{"What's the third of ninety nine?", "33"},
		{"What's this two plus two?", "4"},
		{"Did you work out 45 times 12 for me?", "540"},
		{"Washes 10 to the power of -3.", "0.001"},
		{"Watch as two thirds of 90.", "60"},
		{"What is free times three?", "9"},
		// Orders.
		{"add 5 and 9", "14"},
		{"add 5 to 9", "14"},
		{"add 1, 2, and 3", "6"},
		{"Subtract 17 from 50.", "33"},
		{"take 5 away from 20", "15"},
		{"take away 4 from 10", "6"},
		{"multiply 6 by 7", "42"},
		{"divide 84 by 7", "12"},
		{"square 15", "225"},
		{"cube 4", "64"},
		{"double 17", "34"},
		{"triple 5", "15"},
		{"halve 30", "15"},
		{"raise 2 to the power of 5", "32"},
		{"multiply 25 by 4 and divide by 10", "10"},
		{"what do you get if you multiply 6 by 7 and then add 3?", "45"},
		{"Multiply 3 by 4, then add 5, then double it.", "34"},
		{"add 7 to 8 and multiply by 2", "30"},
		{"How many times does 7 go into 56?", "8"},
		// Functions.
		{"square root of 144", "12"},
		{"What is the square root of 144?", "12"},
		{"√144", "12"},
		{"cube root of 64", "4"},
		{"the fifth root of 32", "2"},
		{"the square root of two and a quarter", "1.5"},
		{"the cube root of minus 27", "-3"},
		{"two to the power of ten", "1024"},
		{"2 to the 10th", "1024"},
		{"two to the tenth power", "1024"},
		{"10 to the power of minus 3", "0.001"},
		{"4 to the power of a half", "2"},
		{"2^3^2", "512"},
		{"2**3", "8"},
		{"What is 7 squared?", "49"},
		{"7²", "49"},
		{"nine cubed plus one", "730"},
		{"minus 4 squared", "-16"},
		{"7 factorial", "5040"},
		{"5! + 2", "122"},
		{"half of 37", "18.5"},
		{"half of half of 100", "25"},
		{"What is 3/4 of 100?", "75"},
		{"two thirds of 90", "60"},
		{"a third of 99", "33"},
		{"20% off 50", "40"},
		{"50 plus 10 percent", "55"},
		{"80 minus 15 percent", "68"},
		{"10 percent more than 50", "55"},
		{"10% plus 20%", "30"},
		{"fifty percent of fifty percent", "25"},
		{"the sum of 10, 20 and 30", "60"},
		{"the sum of a hundred and five", "105"},
		{"the product of a hundred and five", "500"},
		{"the average of 4, 8 and 12", "8"},
		{"the average of twenty, five and five", "10"},
		{"the difference between 7 and 12", "5"},
		{"the product of 6 and 9", "54"},
		{"the quotient of 84 and 7", "12"},
		{"the remainder of 17 divided by 5", "2"},
		{"the remainder when 29 is divided by 4", "1"},
		{"17 mod 5", "2"},
		{"ten less than fifty", "40"},
		{"five more than eight", "13"},
		{"twice 21", "42"},
		{"6 dozen", "72"},
		// Order of operations and brackets.
		{"2 plus 3 times 4", "14"},
		{"(2 + 3) * 4", "20"},
		{"open bracket two plus three close bracket times four", "20"},
		{"20 minus 5 minus 3", "12"},
		{"64 divided by 4 divided by 2", "8"},
		{"((1+2)*(3+4))^2", "441"},
		// Rounding.
		{"10 divided by 3", "3.3333"},
		{"2 divided by 3", "0.6667"},
		{"1 divided by 300", "0.003333"},
		{"the square root of 2", "1.4142"},
		{"10 divided by 3 to two decimal places", "3.33"},
		{"22 over 7 rounded to 3 decimal places", "3.143"},
		{"17 divided by 3 to the nearest whole number", "6"},
		{"round 3.14159 to two decimal places", "3.14"},
		{"355 times 3 to the nearest hundred", "1100"},
		{"1 divided by 8", "0.125"},
		{"999999999 times 999999999", "999999998000000001"},
		{"2 to the power of 100", "1267650600228229401496703205376"},
		{"2 to the power of 1000", "1.0715 times 10 to the power of 301"},
		{"10 to the power of minus 30", "1 times 10 to the power of minus 30"},
	} {
		check(t, tc.question, stage.Answer, "", tc.value, "")
	}
}

func TestArithmeticWords(t *testing.T) {
	for _, tc := range []struct{ question, text, support string }{
		{"What is 12 times 7?", "Twelve times seven is 84", ""},
		{"what's 1024 minus 1", "1,024 minus 1 is 1,023", ""},
		{"What is 15% of 80?", "Fifteen percent of eighty is 12", ""},
		{"10 divided by 3", "Ten divided by three is about 3.3333", "Exactly, that is three and one third"},
		{"355 over 113", "355 divided by 113 is about 3.1416", "Exactly, that is 355 over 113"},
		{"square root of 2", "The square root of two is about 1.4142", ""},
		{"half of 37", "Half of thirty-seven is 18.5", ""},
		{"(2 + 3) * 4", "That is 20", ""},
		{"2 plus 3 times 4", "Two plus three times four is 14", "I did the multiplication and division first"},
		{"5 minus 9", "Five minus nine is minus 4", ""},
		{"17 mod 5", "The remainder of seventeen divided by five is 2", ""},
		{"10% plus 20%", "Ten percent plus twenty percent is 30 percent", ""},
		{"5 divided by 0", "Nothing can be divided by zero, so that has no answer", ""},
		{"0 to the power of minus 1", "Nothing can be divided by zero, so that has no answer", ""},
		{"0 to the power of 0", "Zero to the power of zero has no agreed value", ""},
		{"7 mod 0", "Nothing can be divided by zero, so that has no answer", ""},
		{"the square root of minus 4", "A negative number has no real root of that kind", ""},
		{"2.5 factorial", "Only whole numbers from zero up have a factorial", ""},
		{"2 to the power of 1000", "2 to the power of 1,000 is about 1.0715 times 10 to the power of 301", ""},
		{"10 to the power of 40", "Ten to the power of forty is 1 times 10 to the power of 40", ""},
	} {
		check(t, tc.question, stage.Answer, tc.text, "", tc.support)
	}
	for _, q := range []string{"2 to the power of 1000000", "9^9^9^9", "5000 factorial", "2 to the power of 0.123456789", "0.5 to the power of 99999999999999999999"} {
		check(t, q, stage.Apology, "", "", "")
	}
}

// spell writes a number below 10^36 in words.
func spell(n *big.Int) string {
	if n.Sign() == 0 {
		return "zero"
	}
	var parts []string
	thousand, rest := big.NewInt(1000), new(big.Int).Set(n)
	for e := int64(0); rest.Sign() > 0; e += 3 {
		group := new(big.Int)
		rest.QuoRem(rest, thousand, group)
		if group.Sign() == 0 {
			continue
		}
		words := cardinal(group.Int64())
		for name, exp := range scales {
			if exp == e {
				words += " " + name
			}
		}
		parts = append([]string{words}, parts...)
	}
	last := len(parts) - 1
	if last > 0 && new(big.Int).Mod(n, thousand).Cmp(big.NewInt(100)) < 0 && new(big.Int).Mod(n, thousand).Sign() > 0 {
		parts[last] = "and " + parts[last]
	}
	return strings.Join(parts, " ")
}

func TestNumbersRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`[1-9][0-9]{0,35}|0`).Draw(t, "digits")
		n, _ := new(big.Int).SetString(digits, 10)
		words := spell(n)
		want := new(big.Rat).SetInt(n)
		if rapid.Bool().Draw(t, "decimal") {
			places := rapid.StringMatching(`[0-9]{1,8}`).Draw(t, "places")
			words += " point"
			for _, d := range places {
				words += " " + unitWords[d-'0']
			}
			want.Add(want, rat("0."+places))
		}
		for _, text := range []string{words, strings.ReplaceAll(words, " and ", " "), strings.ToUpper(words), grouped(want.FloatString(8))} {
			c := cursor{toks: tokenize(text)}
			got, ok := c.number(reading{})
			if !ok || !c.end() || got.value.Cmp(want) != 0 {
				t.Fatalf("%q is read as %v (%v, rest %v), want %s", text, got.value, ok, c.toks[c.i:], want.RatString())
			}
		}
	})
}

// TestPrecedenceAgainstGo has random sums worked out by the parser and exact
// constants of Go's own tools.
func TestPrecedenceAgainstGo(t *testing.T) {
	spoken := map[string][]string{
		"+": {"plus", "+", "added to"}, "-": {"minus", "-", "take away"},
		"*": {"times", "multiplied by", "x"}, "/": {"divided by", "over", "/"},
	}
	rapid.Check(t, func(t *rapid.T) {
		var code, said strings.Builder
		depth := 0
		for i := range rapid.IntRange(2, 9).Draw(t, "terms") {
			if i > 0 {
				op := rapid.SampledFrom([]string{"+", "-", "*", "/"}).Draw(t, "op")
				code.WriteString(op)
				said.WriteString(" " + rapid.SampledFrom(spoken[op]).Draw(t, "word") + " ")
			}
			if rapid.IntRange(0, 3).Draw(t, "open") == 0 {
				depth++
				code.WriteString("(")
				said.WriteString("(")
			}
			n := rapid.Int64Range(1, 2000).Draw(t, "n")
			fmt.Fprintf(&code, "%d", n)
			if rapid.Bool().Draw(t, "words") {
				said.WriteString(spell(big.NewInt(n)))
			} else {
				said.WriteString(strconv.FormatInt(n, 10))
			}
			if depth > 0 && rapid.Bool().Draw(t, "close") {
				depth--
				code.WriteString(")")
				said.WriteString(")")
			}
		}
		code.WriteString(strings.Repeat(")", depth))
		said.WriteString(strings.Repeat(")", depth))

		e, err := goparser.ParseExpr(code.String())
		if err != nil {
			t.Fatal(err)
		}
		want, ok := evalGo(e)
		s, parsed := parseSum(newQuestion(stage.Turn{Question: said.String()}), 0)
		if !parsed {
			t.Fatalf("%q makes no sense", said.String())
		}
		got, err := s.expr.eval()
		if !ok {
			if err == nil {
				t.Fatalf("%q is %s, want a division by zero", said.String(), got.RatString())
			}
			return
		}
		if err != nil || got.RatString() != rat(want.ExactString()).RatString() {
			t.Fatalf("%q is %v (%v), want %s", said.String(), got.Rat, err, want.ExactString())
		}
	})
}

func evalGo(e goast.Expr) (constant.Value, bool) {
	switch e := e.(type) {
	case *goast.ParenExpr:
		return evalGo(e.X)
	case *goast.BasicLit:
		return constant.MakeFromLiteral(e.Value, gotoken.INT, 0), true
	case *goast.BinaryExpr:
		x, okX := evalGo(e.X)
		y, okY := evalGo(e.Y)
		if !okX || !okY || e.Op == gotoken.QUO && constant.Sign(y) == 0 {
			return nil, false
		}
		return constant.BinaryOp(x, e.Op, y), true
	}
	panic("no such expression")
}

// TestSaidBack: what is said back of a sum is that sum again.
func TestSaidBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var build func(depth int) *node
		build = func(depth int) *node {
			n := lit(number{value: big.NewRat(rapid.Int64Range(0, 300).Draw(t, "n"), 1)})
			if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
				return n
			}
			switch o := rapid.SampledFrom([]op{add, subtract, multiply, divide, negate, percent, of, root, power, distance}).Draw(t, "op"); o {
			case negate, percent:
				return apply(o, build(depth-1))
			case of:
				return apply(of, apply(percent, n), build(depth-1))
			case root:
				return apply(root, build(depth-1), whole(2))
			case power:
				return apply(power, build(depth-1), whole(2))
			default:
				return apply(o, build(depth-1), build(depth-1))
			}
		}
		e := build(3)
		want, err := e.eval()
		said, ok := e.say(e.small())
		if err != nil || !ok || e.operations() == 0 {
			return // it has no value, or cannot be said without brackets
		}
		s, ok := parseSum(newQuestion(stage.Turn{Question: said.text}), 0)
		if !ok {
			t.Fatalf("%q makes no sense", said.text)
		}
		got, err := s.expr.eval()
		if err != nil || got.Cmp(want.Rat) != 0 {
			t.Fatalf("%q is %s (%v) as it is heard, %s as it was meant", said.text, got, err, want.RatString())
		}
	})
}

func TestRoots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := big.NewRat(rapid.Int64Range(0, 1<<40).Draw(t, "a"), rapid.Int64Range(1, 1<<20).Draw(t, "b"))
		n := rapid.Int64Range(2, 9).Draw(t, "n")
		exact, err := wholePower(a, big.NewInt(n))
		if err != nil {
			t.Fatal(err)
		}
		v, err := nthRoot(exact, n)
		if err != nil || v.about || v.Cmp(a) != 0 {
			t.Fatalf("root %d of %s to that power is %v (about: %v, %v)", n, a, v.Rat, v.about, err)
		}
		// In general: r ≤ root < r + 10^-rootPlaces.
		v, err = nthRoot(a, n)
		if err != nil {
			t.Fatal(err)
		}
		low, _ := wholePower(v.Rat, big.NewInt(n))
		next := new(big.Rat).Add(v.Rat, new(big.Rat).SetFrac(big.NewInt(1), pow10(rootPlaces)))
		high, _ := wholePower(next, big.NewInt(n))
		if low == nil || high == nil {
			return // too long to check
		}
		if low.Cmp(a) > 0 || high.Cmp(a) <= 0 {
			t.Fatalf("root %d of %s is not %s", n, a, v.FloatString(rootPlaces))
		}
	})
}

func TestWrite(t *testing.T) {
	for _, tc := range []struct {
		in, spoken, written string
		about               bool
	}{
		{"0", "0", "0", false},
		{"1024", "1,024", "1024", false},
		{"-1234567.5", "minus 1,234,567.5", "-1234567.5", false},
		{"0.0000000001", "0.0000000001", "0.0000000001", false},
		{"1/3", "0.3333", "0.3333", true},
		{"2/3", "0.6667", "0.6667", true},
		{"-1/300", "minus 0.003333", "-0.003333", true},
		{"1/3000000000000", "3.3333 times 10 to the power of minus 13", "3.3333 times 10 to the power of minus 13", true},
		{"99999/100000000000000000", "9.9999 times 10 to the power of minus 13", "9.9999 times 10 to the power of minus 13", false},
		{"999999999999999999999999999999999999999999", "1 times 10 to the power of 42", "1 times 10 to the power of 42", true},
		{"123456789012345678901234567890123456", "123,456,789,012,345,678,901,234,567,890,123,456", "123456789012345678901234567890123456", false},
		{"2999999/3", "999,999.6667", "999999.6667", true},
	} {
		if got := write(rat(tc.in)); got != (figures{tc.spoken, tc.written, tc.about}) {
			t.Errorf("%s: %+v, want %+v", tc.in, got, tc)
		}
	}
}
