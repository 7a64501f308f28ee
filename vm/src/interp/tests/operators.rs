//! Operators on all kinds of operands.

use super::check;

/// `a op b`: the operation, both operands as JSON (or `re/…/`), the result.
#[test]
fn binary() {
    for (op, a, b, expected) in [
        ("Add", "1", "2", "3"),
        ("Add", "1", "\"1\"", "\"11\""),
        ("Add", "true", "1", "\"true1\""),
        ("Add", "[1]", "1", "\"[Array]1\""),
        ("Add", "re/a/i", "{}", "\"re#a#i[Map]\""),
        ("Add", "0.1", "0.2", "0.30000000000000004"),
        ("Sub", "\"10\"", "\"x\"", "! x cannot be subtracted from 10"),
        ("Sub", "[1,2,3]", "true", "2"),
        ("Mul", "2", "\"x\"", "! 2 cannot be multiplied by x"),
        ("Mul", "1e308", "10", "null"),
        ("Div", "7", "2", "3.5"),
        ("Div", "7", "0", "0"),
        ("Div", "7", "null", "0"),
        ("Div", "\"a\"", "0", "! a cannot be divided by 0"),
        ("Rem", "-7", "3", "-1"),
        ("Rem", "7", "0", "0"),
        ("Rem", "\"x\"", "2", "! Cannot calculate x modulo 2"),
        ("Eq", "1", "1", "true"),
        ("Eq", "1", "\"1\"", "false"),
        ("Eq", "{\"a\":[1,null]}", "{\"a\":[1,null]}", "true"),
        ("Ne", "null", "0", "true"),
        ("Eq", "re/a/i", "re/a/i", "true"),
        ("Lt", "\"10\"", "\"9\"", "false"),
        ("Lt", "\"10\"", "\"b\"", "true"),
        ("Gt", "\"2018-03-07\"", "\"2018-03-05\"", "true"),
        ("Le", "null", "0", "true"),
        ("Ge", "[1,2]", "{\"a\":1,\"b\":2}", "true"),
        ("Compare", "1", "\"a\"", "-1"),
        ("Compare", "[1,2]", "2", "0"),
        ("Cmp", "20", "3", "-1"),
        ("Cmp", "\"b\"", "\"a\"", "1"),
        ("Like", "\"banana\"", "re/AN/i", "true"),
        ("Like", "12", "\"^1\"", "true"),
        ("Like", "\"a\"", "\"b\"", "false"),
        ("Member", "[1,[2]]", "[2]", "true"),
        ("Member", "{\"a\":{\"b\":1}}", "\"a.b\"", "false"),
        ("Member", "{\"a.b\":1}", "\"a.b\"", "true"),
        ("Member", "{\"7\":1}", "7", "true"),
        ("Member", "\"abc\"", "\"a\"", "false"),
        ("Index", "[1,2]", "1", "2"),
        ("Index", "[1,2]", "\"1\"", "2"),
        ("Index", "[1,2]", "-1", "null"),
        ("Index", "[1,2]", "1.5", "null"),
        ("Index", "[1,2]", "\"01\"", "null"),
        ("Index", "{\"[Array]\":1}", "[\"a\"]", "1"),
        ("Index", "\"abc\"", "0", "null"),
        ("Path", "{\"a\":[5,{\"b\":6}]}", "[\"a\",1,\"b\"]", "6"),
        ("Path", "{\"a\":1}", "[]", "null"),
        ("Path", "{\"a\":1}", "[\"a\",\"b\"]", "null"),
        ("Path", "{\"null\":1}", "null", "1"),
        ("Path", "{\"length\":1}", "\"constructor\"", "null"),
    ] {
        let text = format!("fragment main() 3\nConst 0 ={a}\nConst 1 ={b}\n{op} 2 0 1\nReturn 2");
        check(&text, expected);
    }
}

#[test]
fn unary() {
    for (op, a, expected) in [
        ("Neg", "\"12\"", "-12"),
        ("Neg", "[1,2,3]", "-3"),
        ("Neg", "\"x\"", "! Cannot negate x"),
        ("Not", "0", "true"),
        ("Not", "\"\"", "true"),
        ("Not", "[]", "false"),
        ("Not", "\"false\"", "false"),
        ("Not", "null", "true"),
    ] {
        check(&format!("fragment main() 2\nConst 0 ={a}\n{op} 1 0\nReturn 1"), expected);
    }
}

#[test]
fn literals() {
    for (text, expected) in [
        ("fragment main() 3\nInt 0 -5\nTrue 1\nConst 2 =\"é\"\nText 0 0 3\nReturn 0", "\"-5trueé\""),
        ("fragment main() 3\nInt 0 1\nNull 1\nArray 2 0 2\nPush 2 0\nReturn 2", "[1,null,1]"),
        (
            "fragment main() 5\nConst 0 =\"b\"\nInt 1 1\nConst 2 =\"10\"\nInt 3 2\nMap 4 0 2\nPut 4 0 3\nReturn 4",
            r#"{"10":2,"b":2}"#,
        ),
        // A constant is never changed: the map grows into a copy.
        (
            "fragment main() 4\nConst 0 ={\"a\":{\"k\":[1]}}\nConst 1 =\"b\"\nMove 2 0\nPut 2 1 1\nArray 3 0 1\nPush 3 2\nReturn 3",
            r#"[{"a":{"k":[1]}}]"#,
        ),
    ] {
        let expected = if text.contains("Array 3 0 1") {
            r#"[{"a":{"k":[1]}},{"a":{"k":[1]},"b":"b"}]"#
        } else {
            expected
        };
        check(text, expected);
    }
}
