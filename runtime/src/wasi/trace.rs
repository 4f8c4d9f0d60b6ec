//! Telling a person what a guest calls: one line for each call, with its arguments in words and its errno.
//!
//! It decodes by the specification itself, read when tracing starts; a run that is not traced pays nothing. What files
//! hold is never told, only names, numbers and sizes.

use std::collections::HashMap;
use std::fmt;

use wiggle::witx;

use super::abi::metadata;
use super::link::{self, Call, Host};
use super::{Linker, Wasi};

/// Characters of a path in a line.
const SHOWN_CHARACTERS: usize = 160;

/// Calls of a run that are told to `tell`, each in a line without end of line.
pub struct Traced {
    wasi: Wasi,
    names: Names,
    tell: Box<dyn FnMut(&str) + Send>,
}

impl Traced {
    /// Tells each call of `wasi` when it is done, such as `path_open(3, -, "a.txt", creat, …) = success, 4`.
    pub fn new(wasi: Wasi, tell: impl FnMut(&str) + Send + 'static) -> Self {
        Traced { wasi, names: Names::of(&metadata::document()), tell: Box::new(tell) }
    }
}

impl fmt::Debug for Traced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Traced({:?})", self.wasi)
    }
}

/// As [`add_to_linker`](super::add_to_linker), for a run that is traced.
///
/// # Errors
/// When `linker` knows one of the imports already.
pub fn add_traced_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut Traced + Copy + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    link::add(linker, get)
}

impl Host for Traced {
    fn wasi(&mut self) -> &mut Wasi {
        &mut self.wasi
    }

    fn done(&mut self, call: &Call<'_>, memory: &[u8]) {
        let line = self.names.line(call, memory);
        (self.tell)(&line);
    }
}

/// The words of the specification.
struct Names {
    functions: HashMap<String, Function>,
    errnos: Vec<String>,
}

struct Function {
    parameters: Vec<Kind>,
    /// Bytes of the numbers that it writes to the addresses at its end; 0 for what is no number.
    results: Vec<usize>,
}

/// How an argument is shown.
enum Kind {
    Number,
    Address,
    /// An address and a length.
    Text,
    /// An address and a count.
    List,
    Choice(Vec<String>),
    Flags(Vec<String>),
}

impl Names {
    fn of(document: &witx::Document) -> Self {
        let functions = document.modules().flat_map(|module| module.funcs().collect::<Vec<_>>());
        let functions = functions.map(|function| (function.name.as_str().to_owned(), Function::of(&function)));
        let mut functions: HashMap<String, Function> = functions.collect();
        functions.insert("fd_create".to_owned(), Function { parameters: Vec::new(), results: vec![4] });
        let errnos = document.typename(&witx::Id::new("errno")).map(|errno| match &**errno.type_() {
            witx::Type::Variant(variant) => cases(variant),
            _ => Vec::new(),
        });
        Names { functions, errnos: errnos.unwrap_or_default() }
    }

    fn line(&self, call: &Call<'_>, memory: &[u8]) -> String {
        let Some(function) = self.functions.get(call.function) else { return call.function.to_owned() };
        let mut left = call.arguments.iter().copied();
        let shown: Vec<String> = function.parameters.iter().map(|kind| kind.show(&mut left, memory)).collect();
        let mut line = format!("{}({})", call.function, shown.join(", "));
        match call.outcome {
            None => line += " ends the program",
            Some(errno) => {
                let name = usize::try_from(errno).ok().and_then(|errno| self.errnos.get(errno));
                line = line + " = " + name.map_or("?", String::as_str);
            }
        }
        if call.outcome == Some(0) {
            for (size, address) in function.results.iter().zip(left) {
                if let Some(number) = number(memory, address, *size) {
                    line = line + ", " + &number.to_string();
                }
            }
        }
        line
    }
}

impl Function {
    fn of(function: &witx::InterfaceFunc) -> Self {
        let parameters = function.params.iter().map(|parameter| Kind::of(parameter.tref.type_())).collect();
        let outcome = function.results.first().map(|result| result.tref.type_());
        let value = match outcome.map(|outcome| &**outcome) {
            Some(witx::Type::Variant(variant)) => variant.as_expected().and_then(|(value, _)| value),
            _ => None,
        };
        let results = match value.map(|value| &**value.type_()) {
            Some(witx::Type::Record(record)) if record.is_tuple() => {
                record.members.iter().map(|member| size(member.tref.type_())).collect()
            }
            Some(one) => vec![size(one)],
            None => Vec::new(),
        };
        Function { parameters, results }
    }
}

impl Kind {
    fn of(kind: &witx::Type) -> Self {
        match kind {
            witx::Type::List(item) => match &**item.type_() {
                witx::Type::Builtin(witx::BuiltinType::Char) => Kind::Text,
                _ => Kind::List,
            },
            witx::Type::Pointer(_) | witx::Type::ConstPointer(_) => Kind::Address,
            witx::Type::Variant(variant) if variant.is_enum() => Kind::Choice(cases(variant)),
            witx::Type::Record(record) if record.bitflags_repr().is_some() => {
                Kind::Flags(record.members.iter().map(|member| member.name.as_str().to_owned()).collect())
            }
            _ => Kind::Number,
        }
    }

    fn show(&self, left: &mut impl Iterator<Item = i64>, memory: &[u8]) -> String {
        let first = left.next().unwrap_or_default();
        match self {
            Kind::Number => first.to_string(),
            Kind::Address => format!("{:#x}", first as u32),
            Kind::Text => text(memory, first, left.next().unwrap_or_default()),
            Kind::List => format!("[{} at {:#x}]", left.next().unwrap_or_default() as u32, first as u32),
            Kind::Choice(names) => {
                let name = usize::try_from(first).ok().and_then(|first| names.get(first));
                name.cloned().unwrap_or_else(|| first.to_string())
            }
            Kind::Flags(names) => flags(names, first),
        }
    }
}

fn flags(names: &[String], value: i64) -> String {
    let set = names.iter().enumerate().filter(|(bit, _)| value >> bit & 1 == 1);
    let set: Vec<&str> = set.map(|(_, name)| name.as_str()).collect();
    match set.as_slice() {
        [] => "-".to_owned(),
        set if set.len() == names.len() => "all".to_owned(),
        set => set.join("|"),
    }
}

fn text(memory: &[u8], at: i64, len: i64) -> String {
    let (at, len) = (at as u32 as usize, len as u32 as usize);
    let Some(bytes) = memory.get(at..).and_then(|rest| rest.get(..len)) else { return "(bad address)".to_owned() };
    let near = bytes.get(..4 * SHOWN_CHARACTERS).unwrap_or(bytes);
    let shown: String = String::from_utf8_lossy(near).chars().take(SHOWN_CHARACTERS).collect();
    let more = if shown.len() < len { "…" } else { "" };
    format!("{shown:?}{more}")
}

fn number(memory: &[u8], address: i64, size: usize) -> Option<u64> {
    let bytes = memory.get(address as u32 as usize..)?.get(..size)?;
    (size > 0).then(|| bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn size(kind: &witx::Type) -> usize {
    match kind {
        witx::Type::Builtin(witx::BuiltinType::U64 | witx::BuiltinType::S64) => 8,
        witx::Type::Builtin(witx::BuiltinType::U32 { .. }) | witx::Type::Handle(_) => 4,
        _ => 0,
    }
}

fn cases(variant: &witx::Variant) -> Vec<String> {
    variant.cases.iter().map(|case| case.name.as_str().to_owned()).collect()
}
