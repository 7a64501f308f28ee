//! Arrays as lists: parts, order, place of an element (krl-language §6.4).

use super::need_array;
use crate::declare::signatures;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::native::arg;
use krl_vm::value::Value;

signatures! {
    /// The first element of an array, `null` if it is empty. Anything else is its own head.
    fn head(val: ANY(ARRAY)) -> ElementOf(0) = Part(head) {
        r#"["a","b"].head()"# => r#""a""#
    }
    /// All elements of an array but the first; `[]` for anything else.
    fn tail(val: ANY(ARRAY)) -> ARRAY = Pure(tail) {
        r#"["a","b","c"].tail()"# => r#"["b","c"]"#
    }
    /// An array of the receiver's elements and the arguments.
    /// An argument that is an array adds its elements. A receiver that is no array counts as an array of itself, `null` as `[]`.
    fn append(val: ANY(ARRAY|NULL); a: ANY, b: ANY, c: ANY, d: ANY, e: ANY) -> ARRAY, variadic true = Part(append) {
        "[1].append(2, [3,4])" => "[1,2,3,4]",
        "[1].append([[2]])" => "[1,[2]]"
    }
    /// The position of the first element equal to `elm`; -1 if there is none.
    fn index(val: ARRAY, elm: ANY) -> NUMBER = Pure(index) {
        r#"["a","b"].index("b")"# => "1"
    }
    /// The elements in reverse order.
    fn reverse(val: ARRAY) -> SameAs(0) = Pure(reverse) {
        "[1,2,3].reverse()" => "[3,2,1]"
    }
    /// The elements from one position to another, both included.
    /// With one argument from the start to that position. A position outside the array gives `[]`.
    fn slice(val: ARRAY; start: ANY(NUMBER), end: ANY(NUMBER)) -> SameAs(0) = Pure(slice) {
        r#"["a","b","c","d"].slice(1, 2)"# => r#"["b","c"]"#,
        r#"["a","b","c","d"].slice(1)"# => r#"["a","b"]"#
    }
    /// The elements without `nElements` of them from position `start`, and with `value` in their place.
    /// A `value` that is an array is spliced in. A negative or too large `nElements` means all that follow.
    fn splice(val: ARRAY; start: ANY(NUMBER), nElements: ANY(NUMBER), value: ANY) -> ARRAY = Pure(splice) {
        r#"["a","b","c"].splice(1, 1)"# => r#"["a","c"]"#,
        r#"["a","b"].splice(1, 0, ["x","y"])"# => r#"["a","x","y","b"]"#
    }
    /// The String forms of the elements with `str` (`,` if left out) between them.
    fn join(val: ANY(ARRAY); str: ANY(STRING|NULL)) -> STRING = Pure(join) {
        r#"["a","b"].join("+")"# => r#""a+b""#,
        "[1,2].join()" => r#""1,2""#
    }
}

fn head(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let value = arg(args, 0);
    Ok(if value.is_array() { arg(heap.array(value), 0) } else { value })
}

fn tail(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let rest = heap.array(arg(args, 0)).get(1..).unwrap_or_default().to_vec();
    heap.array_from(&rest)
}

fn append(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let receiver = arg(args, 0);
    let mut list = if receiver.is_array() {
        receiver
    } else if receiver.is_null() {
        heap.array_from(&[])?
    } else {
        heap.array_from(&[receiver])?
    };
    for &added in args.get(1..).unwrap_or_default() {
        list = if added.is_array() {
            heap.check_room(heap.array_len(added) * 8)?;
            let items = heap.array(added).to_vec();
            heap.array_extend(list, &items)?
        } else {
            heap.array_push(list, added)?
        };
    }
    Ok(list)
}

fn index(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    need_array(arg(args, 0))?;
    for (at, &item) in heap.array(arg(args, 0)).iter().enumerate() {
        if heap.equals(item, arg(args, 1))? {
            return Ok(Value::number(at as f64));
        }
    }
    Ok(Value::number(-1.0))
}

fn reverse(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    need_array(arg(args, 0))?;
    let reversed: Vec<Value> = heap.array(arg(args, 0)).iter().rev().copied().collect();
    heap.array_from(&reversed)
}

/// The Number form of an argument that `operator` uses as `role` (with its preposition and the reference's spacing).
fn position(heap: &Heap, value: Value, operator: &str, role: &str) -> Result<f64, Fault> {
    heap.to_number(value).ok_or_else(|| {
        Fault::type_error(format!("The .{operator}() operator cannot use {}{role}", heap.text(value)))
    })
}

fn slice(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let value = arg(args, 0);
    need_array(value)?;
    let length = heap.array_len(value) as f64;
    let [_, start, ..] = *args else { return Ok(value) };
    if length == 0.0 {
        return Ok(value);
    }
    let first = position(heap, start, "slice", " as an index")?;
    let (from, to) = match args.get(2) {
        None if first > length => return heap.array_from(&[]),
        // Below -1 the end counts from the end of the array.
        None if first < -1.0 => (0.0, (length + first.trunc() + 1.0).max(0.0)),
        None => (0.0, first + 1.0),
        Some(&end) => {
            let second = position(heap, end, "slice", " as the other index")?;
            let (low, high) = (first.min(second), first.max(second));
            if low < 0.0 || high >= length {
                return heap.array_from(&[]);
            }
            (low, high + 1.0)
        }
    };
    let range = from as usize..(to as usize).min(length as usize);
    let part = heap.array(value).get(range).unwrap_or_default().to_vec();
    heap.array_from(&part)
}

fn splice(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let value = arg(args, 0);
    need_array(value)?;
    let items = heap.array(value).to_vec();
    let inserted = match args.get(3) {
        Some(list) if list.is_array() => heap.array(*list).to_vec(),
        Some(single) => vec![*single],
        None => Vec::new(),
    };
    if items.is_empty() {
        return heap.array_from(&inserted);
    }
    let start = position(heap, arg(args, 1), "splice", "as an index")?;
    let count = position(heap, arg(args, 2), "splice", "as a number of elements")?;
    // Decision L6: what is inserted may go behind the last element; a mere removal starts at the last at most.
    let last = if args.len() > 3 { items.len() } else { items.len() - 1 };
    let start = (start.max(0.0) as usize).min(last);
    let rest = items.len() - start;
    let count = if count < 0.0 { rest } else { (count as usize).min(rest) };
    let (before, after) =
        (items.get(..start).unwrap_or_default(), items.get(start + count..).unwrap_or_default());
    heap.array_from(&[before, &inserted, after].concat())
}

fn join(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let (value, separator) = (arg(args, 0), arg(args, 1));
    if !value.is_array() {
        return heap.key(value);
    }
    let separator = if separator.is_null() { ",".into() } else { heap.text(separator) };
    let mut joined = String::new();
    for (at, &item) in heap.array(value).iter().enumerate() {
        if at > 0 {
            joined.push_str(&separator);
        }
        heap.write_text(item, &mut joined);
        heap.check_room(joined.len())?;
    }
    heap.string(&joined)
}
