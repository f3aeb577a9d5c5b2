"""Formulas come to what Excel says they come to."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from given.formulas import evaluate
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from docgen.excel.formulas.arithmetic import Aggregate, ExcelError, FlaggedValue, NotEvaluable, cached
from docgen.excel.formulas.compile import compile_formula, row_function
from docgen.excel.formulas.references import Formula, Ref

CELLS: dict[str, object] = {
    "A1": 2.5,
    "A2": 4,
    "A3": -3,
    "A4": None,
    "A5": "abc",
    "A6": "12",
    "A7": True,
    "A8": 0,
    "A9": "",
    "A10": 0.1,
    "A11": 0.2,
    "A12": 0.3,
    "B1": "报修",
    "B2": "ABC",
    "B3": 1e10,
    "B4": Decimal("1234.565"),
    "B5": ExcelError.NA,
    "B6": " 7 ",
    "B7": "1,234",
}


def value(text: str) -> object:
    values = {(ref.row1, ref.col1): CELLS[name] for name in CELLS for ref in Formula.parse(name).refs()}

    def cells(ref: Ref) -> list[object]:
        rows, columns = range(ref.row1 or 0, (ref.row2 or 0) + 1), range(ref.col1 or 0, (ref.col2 or 0) + 1)
        return [values.get((row, column)) for row in rows for column in columns]

    return evaluate(Formula.parse(text), lambda _, row, column: values.get((row, column)), cells)


# Recalculated by LibreOffice 7.4 with the same result.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Signs before %, before ^, before * and /; ^ from the left.
        ("=A1+A2*A3", -9.5),
        ("=-A1^2", 6.25),
        ("=2^3^2", 64.0),
        ("=2^-1", 0.5),
        ("=10%%", 0.001),
        ("=-5%", -0.05),
        ("=7/2-1", 2.5),
        # An empty cell is 0 or "", TRUE is 1, a text of digits is a number.
        ("=A4+1", 1.0),
        ('=A4&"x"', "x"),
        ("=A4", 0.0),
        ("=A7+1", 2.0),
        ("=-A7", -1.0),
        ("=A6+1", 13.0),
        ("=B6+1", 8.0),
        ('="10"+"5"', 15.0),
        ("=A5+1", ExcelError.VALUE),
        ("=+A5", "abc"),
        ("=A1/A8", ExcelError.DIV0),
        ("=#N/A+1", ExcelError.NA),
        ("=(-8)^0.5", ExcelError.NUM),
        ("=1E+200*1E+200", ExcelError.NUM),
        # A remainder in the last bits alone is none.
        ("=0.1+0.2-0.3", 0.0),
        ("=1*(0.5-0.4-0.1)", 0.0),
        ("=1.1-1-0.1", 0.0),
        ("=SUM(A10,A11,-A12)", 0.0),
        ("=100.1-100", 0.09999999999999432),
        ("=B3+0.1", 10000000000.1),
        # Comparisons: from the left; numbers before texts; empty equals 0, "" and FALSE.
        ("=A10+A11=A12", True),
        ("=2>1>0", True),
        ("=A4=0", True),
        ('=A4=""', True),
        ("=A4=FALSE", True),
        ("=A9=A4", True),
        ('=""=0', False),
        ("=B2>A1", True),
        ('=A5="ABC"', True),
        ('="a"<"B"', True),
        ('="3"=3', False),
        ("=3=TRUE", False),
        ("=A1<>A2", True),
        ("=A1>=2.5", True),
        # Functions. Text in a range is passed over, in an argument it is a fault.
        ("=SUM(A1:A6)", 3.5),
        ("=SUM(A1,A5,A6)", 2.5),
        ('=SUM("x",2)', ExcelError.VALUE),
        ("=SUM(A1:A3,A10:A12,5)", 9.1),
        ("=SUM(A4:A4)", 0.0),
        ("=SUM(TRUE,1)", 2.0),
        ("=AVERAGE(A1:A4)", 3.5 / 3),
        ("=AVERAGE(A4:A5)", ExcelError.DIV0),
        ('=COUNT(1,"2",A6)', 2.0),
        ("=COUNTA(A4:A4)", 0.0),
        ("=MIN(A1:A9)", -3.0),
        ("=MAX(A4:A5)", 0.0),
        ("=MAX(A1:A3,10)", 10.0),
        # Half away from zero, of 15 digits.
        ("=ROUND(2.5,0)", 3.0),
        ("=ROUND(-2.5,0)", -3.0),
        ("=ROUND(2.675,2)", 2.68),
        ("=ROUND(1.005,2)", 1.01),
        ("=ROUND(B4,2)", 1234.57),
        ("=ROUND(33.335,2)", 33.34),
        ("=ROUND(1250,-2)", 1300.0),
        ("=ROUND(-1250,-2)", -1300.0),
        ("=ROUND(1E+300,2)", 1e300),
        ("=ROUND(A1,1.9)", 2.5),
        # IF
        ('=IF(A1>2,"大","小")', "大"),
        ('=IF(A1>3,"大")', False),
        ("=IF(A4,1,2)", 2.0),
        ("=IF(A8=0,0,A1/A8)", 0.0),  # the other branch is not computed
        ("=IF(A5,1,2)", ExcelError.VALUE),
        ("=IF(A1>2,,1)", 0.0),
        ("=SUBTOTAL(9,A1:A3)", 3.5),
        ("=SUBTOTAL(109,A1:A3)", 3.5),
        ("=SUBTOTAL(1,A1:A3)", 3.5 / 3),
        ("=SUBTOTAL(4,A1:A9)", 4.0),
        ("=SUBTOTAL(105,A1:A9)", -3.0),
        # Numbers in texts
        ('="报"&B1', "报报修"),
        ('=1/3&""', "0.333333333333333"),
        ('=1000000&""', "1000000"),
        ('=-0.5&""', "-0.5"),
        ('=123456789.123&""', "123456789.123"),
    ],
)
def test_values_on_which_programs_agree(text: str, expected: object) -> None:
    result = value(text)
    assert result == expected
    assert isinstance(result, bool) == isinstance(expected, bool)


# LibreOffice takes TRUE for the number 1 in ranges, texts and comparisons, SUM("3",2) for an error and 0^0 for 1; its
# files lose an empty text.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=SUM(A1:A7)", 3.5),  # TRUE in a range is no number
        ("=SUM(A7,A7)", 0.0),
        ("=COUNT(A1:A9)", 4.0),
        ("=COUNTA(A1:A9)", 8.0),  # a formula's "" is not empty
        ("=SUBTOTAL(2,A1:A9)", 4.0),
        ("=SUBTOTAL(103,A1:A9)", 8.0),
        ("=A5&A1&A7", "abc2.5TRUE"),
        ("=A7>B2", True),  # TRUE after every text
        ('=SUM("3",2)', 5.0),
        ("=COUNT(B5,1)", 1.0),
        ("=COUNTA(B5)", 1.0),
        ("=SUM(A1,B5)", ExcelError.NA),
        ("=SUM(1/0,B5)", ExcelError.DIV0),  # of several errors the first
        ("=SUM(B5,1/0)", ExcelError.NA),
        ("=A9+1", ExcelError.VALUE),
        ("=0^0", ExcelError.NUM),
        ("=0^-1", ExcelError.DIV0),
        ('=IF("true",1,2)', 1.0),
        ("=TRUE()", True),
        ("=-0", 0.0),
        ("=ROUND(1234567890.123456,6)", 1234567890.123456),
    ],
)
def test_values_as_excel_has_them(text: str, expected: object) -> None:
    result = value(text)
    assert result == expected
    assert math.copysign(1, result) == 1 if result == 0 and isinstance(result, float) else True


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("=VLOOKUP(A1,A:B,2)", "function.VLOOKUP"),
        ("=NOW()", "function.NOW"),
        ("=SUM()", "function.SUM"),
        ("=SUM(1,)", "function.SUM"),
        ("=ROUND(1)", "function.ROUND"),
        ("=SUBTOTAL(7,A1:A3)", "function.SUBTOTAL"),
        ("=SUBTOTAL(A1,A1:A3)", "function.SUBTOTAL"),
        ("=COUNT(1/0)", "function.COUNT"),
        ("=A1:A3*2", "range"),
        ("=IF(A1:A3,1,2)", "range"),
        ("=total", "name"),
        ("=SUM(Table1[col])", "opaque"),
        ("=Sheet1:Sheet3!A1", "opaque"),
        ("={1,2}", "operator.{"),
        ("=@A1", "operator.@"),
        ("=SUM((A1,A2))", "syntax"),
        ("=SUM(A1:A2 A2:A3)", "syntax"),
        ("=1+", "syntax"),
        ("=(1", "syntax"),
        ("", "syntax"),
        ("=SUM(IF(A1,A5,A6))", "argument"),  # IF gives a reference there
        ("=" + "(" * 100 + "1" + ")" * 100, "depth"),
        ("=" + "+".join(["A1"] * 1000), "depth"),
        # What depends on the reader's settings or differs between programs.
        ("=B7+1", "text.number"),
        ('="50%"+1', "text.number"),
        ('="2026-10-01"+1', "text.number"),
        ('=B1<"投诉"', "text.order"),
        ('=1E+15&""', "number.text"),
        ('=0.00001&""', "number.text"),
        ("=ROUND(0.285*100,0)", "round.tie"),
    ],
)
def test_anything_else_is_refused_rather_than_guessed(text: str, code: str) -> None:
    with pytest.raises(NotEvaluable) as refusal:
        value(text)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("before", "after"),
    [("A1+", ""), ("A1<", ""), ("-", ""), ("(", ")"), ("SUM(1/", ")"), ("IF(A1,2,", ")"), ("A1&", "")],
)
def test_a_formula_is_computed_or_refused_however_deep(before: str, after: str) -> None:
    deepest = 0
    for depth in range(1, 120):
        try:
            compile_formula(Formula.parse(before * depth + "A2" + after * depth))
        except NotEvaluable:
            continue
        deepest = depth
    assert 10 < deepest < 64


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(NotEvaluable, match=r"value\.object"):
        evaluate(Formula.parse("A1+1"), lambda *_: object(), list)
    with pytest.raises(NotEvaluable, match=r"value\.infinite"):
        evaluate(Formula.parse("SUM(A1:A2)"), lambda *_: None, lambda _: [math.inf, -math.inf])


def test_equal_texts_of_any_language_are_equal() -> None:
    assert value('=B1="报修"') is True
    assert value('=B1<>"投诉"') is True
    assert value('=B1>=""') is True


def test_cells_of_other_sheets_are_asked_for_by_name() -> None:
    asked = []

    def cell(sheet: str | None, row: int, column: int) -> float:
        asked.append((sheet, row, column))
        return 2.0

    assert evaluate(Formula.parse("汇总!B3*C4"), cell, list) == 4.0
    assert asked == [("汇总", 3, 2), (None, 4, 3)]


def test_subtotals_pass_over_subtotals_and_hidden_rows() -> None:
    cells = [
        1.0,
        FlaggedValue(1.0, subtotal=True),
        2.0,
        FlaggedValue(4.0, hidden=True),
        FlaggedValue(7.0, subtotal=True, hidden=True),
    ]
    for text, expected in {"9": 7.0, "109": 3.0, "2": 3.0, "102": 2.0}.items():
        assert evaluate(Formula.parse(f"SUBTOTAL({text},A1:A5)"), lambda *_: None, lambda _: cells) == expected
    assert evaluate(Formula.parse("SUM(A1:A5)"), lambda *_: None, lambda _: cells) == 15.0


def test_a_column_need_not_be_kept_to_be_summed() -> None:
    running = Aggregate()
    for number in range(10_000):
        running.add(number / 10)
    running.add("合计")
    running.add(FlaggedValue(5.0, subtotal=True))
    texts = {"SUM(D5)": 4999505.0, "SUBTOTAL(9,D5:D9)": 4999500.0, "COUNTA(D5)": 10002.0, "MAX(D5)": 999.9}
    for text, expected in texts.items():
        assert evaluate(Formula.parse(text), lambda *_: None, lambda _: running) == expected
    assert evaluate(Formula.parse("SUM(D5,D5:D6,1)"), lambda *_: None, lambda _: running) == 9999011.0


@given(st.lists(st.floats(-1e12, 1e12), max_size=50), st.integers(0, 50))
def test_sums_are_exact_in_any_order_and_in_pieces(numbers: list[float], cut: int) -> None:
    whole, pieces, single = Aggregate(numbers), Aggregate(numbers[cut:]), Aggregate()
    pieces.merge(Aggregate(numbers[:cut]))
    for number in reversed(numbers):
        single.add(number)
    sums = {aggregate.tally().sum() for aggregate in (whole, pieces, single)}
    assert len(sums) == 1
    assert whole.tally().numbers() == len(numbers)


def test_money_adds_up() -> None:
    assert Aggregate([Decimal("0.1")] * 100_000).tally().sum() == 10_000.0
    assert Aggregate([0.1] * 100_000 + [None, "x", True]).tally().sum() == 10_000.0


def test_a_formula_of_a_row_is_a_function_of_its_values() -> None:
    amount = row_function(Formula.parse("=ROUND(D5*E5,2)"), 5)
    assert amount is not None
    assert amount.columns == (4, 5)
    assert amount.call(3, 1.335) == 4.01
    assert amount.call(Decimal(2), None) == 0.0
    assert amount.call("x", 1.0) is ExcelError.VALUE
    across = row_function(Formula.parse('=IF(A5="","",SUM(B5:D5)-$E5)'), 5)
    assert across is not None
    assert across.columns == (1, 2, 3, 4, 5)
    assert across.call("甲", 1.0, None, "x", 0.5) == 0.5
    assert across.call(None, 1.0, None, "x", 0.5) == ""


@pytest.mark.parametrize("text", ["D5*D6", "Sheet1!D5", "SUM(D4:D5)", "SUM(5:5)", "SUM(D:D)", "SUM(A5:XFD5)"])
def test_a_formula_that_looks_elsewhere_is_no_function_of_a_row(text: str) -> None:
    assert row_function(Formula.parse(text), 5) is None


def test_a_compiled_formula_says_what_it_reads() -> None:
    compiled = compile_formula(Formula.parse("IF(D5>0,F4+D5,SUM(E5))"))
    assert [str(ref) for ref in compiled.refs] == ["D5", "F4", "E5:E5"]
    assert compiled.call([2.0, 3.0, [1.0]].__getitem__) == 5.0
    assert compiled.call([0.0, 3.0, [1.0]].__getitem__) == 1.0


def test_results_are_stored_as_excel_stores_them() -> None:
    results = [1.0, 0.1 + 0.2, -1e-7, 1e300, True, "a<b", ExcelError.DIV0]
    assert [cached(result) for result in results] == [
        ("n", "1"),
        ("n", "0.30000000000000004"),
        ("n", "-1e-07"),
        ("n", "1e+300"),
        ("b", "1"),
        ("str", "a<b"),
        ("e", "#DIV/0!"),
    ]


# --- against an evaluator that does nothing clever ------------------------------------------------------------

VALUES = {"A5": 2.0, "B5": -7.25, "C5": 0, "D5": None, "E5": "ab", "F5": "3", "G5": True, "H5": ExcelError.NA}
Tree = tuple  # (operator, operand, ...) or a constant or the name of a cell
_LEAVES = st.one_of(
    st.sampled_from([0, 1, 2.5, 1000, True, False]),
    st.sampled_from(['"x"', '"4"', '""', '"AB"']),
    st.sampled_from(sorted(VALUES)),
)
_TREES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "/", "^", "&", "=", "<>", "<", "<=", ">", ">="]), inner, inner),
        st.tuples(st.sampled_from(["neg", "%"]), inner),
        st.tuples(st.just("IF"), inner, inner, inner),
        st.tuples(st.just("SUM"), st.sampled_from(["A5:D5", "A5:H5", "B5", "E5:G5", "D5"])),
    ),
    max_leaves=12,
)


def written(tree: object) -> str:
    match tree:
        case ("neg", inner):
            return f"(-{written(inner)})"
        case ("%", inner):
            return f"({written(inner)}%)"
        case ("IF", test, one, other):
            return f"IF({written(test)},{written(one)},{written(other)})"
        case ("SUM", cells):
            return f"SUM({cells})"
        case (sign, left, right):
            return f"({written(left)}{sign}{written(right)})"
        case bool():
            return str(tree).upper()
    return str(tree)


class Fault(Exception):  # noqa: N818
    pass


def number_of(value: object) -> float:
    if isinstance(value, ExcelError):
        raise Fault(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise Fault(ExcelError.VALUE) from None
    return float(value or 0)


def text_of(value: object) -> str:
    if isinstance(value, ExcelError):
        raise Fault(value)
    if isinstance(value, bool):
        return str(value).upper()
    if value is None or isinstance(value, str):
        return value or ""
    assume(value == 0 or 1e-4 <= abs(value) < 1e15)
    return f"{value + 0.0:.15g}"


def naively(tree: object) -> object:
    match tree:
        case ("neg", inner):
            return -number_of(naively(inner))
        case ("%", inner):
            return number_of(naively(inner)) / 100
        case ("IF", test, one, other):
            found = naively(test)
            if isinstance(found, str):
                raise Fault(ExcelError.VALUE)
            return naively(one if number_of(found) else other)
        case ("SUM", cells):
            first, _, last = cells.partition(":")
            inside = [VALUES[name] for name in sorted(VALUES) if first <= name <= (last or first)]
            for one in inside:
                if isinstance(one, ExcelError):
                    raise Fault(one)
            return float(sum(x for x in inside if isinstance(x, (int, float)) and not isinstance(x, bool)))
        case ("&", left, right):
            return text_of(naively(left)) + text_of(naively(right))
        case (("=" | "<>" | "<" | "<=" | ">" | ">=") as sign, left, right):
            return compare(sign, naively(left), naively(right))
        case (sign, left, right):
            return arithmetic(sign, number_of(naively(left)), number_of(naively(right)))
        case str() if tree in VALUES:
            return VALUES[tree]
        case str():
            return tree.strip('"')
    return tree


def arithmetic(sign: str, one: float, other: float) -> float:
    if sign in "+-":
        result = one + other if sign == "+" else one - other
        assume(result == 0 or abs(result) > abs(one) * 1e-13)
        return result
    if sign == "*":
        result = one * other
    elif sign == "/":
        if other == 0:
            raise Fault(ExcelError.DIV0)
        result = one / other
    else:
        if one == 0 and other <= 0:
            raise Fault(ExcelError.NUM if other == 0 else ExcelError.DIV0)
        if one < 0 and other != int(other):
            raise Fault(ExcelError.NUM)
        try:
            result = one**other
        except OverflowError:
            raise Fault(ExcelError.NUM) from None
    assume(math.isfinite(result))
    return result


def compare(sign: str, one: object, other: object) -> bool:
    for value in (one, other):
        if isinstance(value, ExcelError):
            raise Fault(value)
    if one is None and other is None:
        one = other = 0
    one = type(other)() if one is None else one
    other = type(one)() if other is None else other
    keys = [(2, x) if isinstance(x, bool) else (1, x.upper()) if isinstance(x, str) else (0, x) for x in (one, other)]
    if keys[0][0] == keys[1][0] == 0:
        assume(one == other or abs(one - other) > 1e-12 * abs(one))
    results = {"=": keys[0] == keys[1], "<": keys[0] < keys[1], ">": keys[0] > keys[1]}
    return {
        **results,
        "<>": not results["="],
        "<=": not results[">"],
        ">=": not results["<"],
    }[sign]


@settings(max_examples=300)
@given(_TREES)
def test_values_agree_with_an_evaluator_that_walks_the_tree(tree: object) -> None:
    try:
        expected = naively(tree)
        expected = expected.value if isinstance(expected, Fault) else expected
    except Fault as fault:
        expected = fault.args[0]
    expected = 0.0 if expected is None else expected
    formula = Formula.parse(written(tree))
    columns = {name: ord(name[0]) - 64 for name in VALUES}
    by_column = {number: VALUES[name] for name, number in columns.items()}

    def cells(ref: Ref) -> list[object]:
        return [by_column[column] for column in range(ref.col1 or 0, (ref.col2 or 0) + 1)]

    try:
        result = evaluate(formula, lambda _, __, column: by_column[column], cells)
    except NotEvaluable:
        assume(False)
    assert result == expected
    assert isinstance(result, bool) == isinstance(expected, bool)
    function = row_function(formula, 5)
    assert function is not None
    assert function.call(*(by_column[column] for column in function.columns)) == result
