//! A module as large as the largest that people run, made up when it is wanted: to check one in would be 19 MB of noise.
//!
//! It stands for programs with an interpreter or a numeric library in them. Its functions are distinct and of ordinary
//! shape (arithmetic, memory, branches, loops, calls), so that a compiler finds in it what it finds in those. It is the
//! same at each call, and what it computes means nothing. To compile a byte of its code costs 0.8 to 0.9 of what it costs
//! for our Rust guests, which have other sections beside their code; so by size of the file it costs about the same.

use std::borrow::Cow;

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ElementSection, Elements, ExportKind, ExportSection, Function, FunctionSection,
    Ieee64, InstructionSink, MemArg, MemorySection, MemoryType, Module, RefType, TableSection, TableType, TypeSection,
    ValType,
};

/// Bytes of functions in [`large`].
const LARGE: usize = 19_000_000;

/// Functions that are called through the table; few enough that the smallest module has them.
const IN_TABLE: u32 = 16;

/// Functions that `_start` calls, from all over the module.
const STARTED: u32 = 16;

/// Each function calls others, and those again: so often.
const DEPTH: i32 = 3;

/// Mask of addresses: 1 MiB, aligned to a number. The memory has a page more, for offsets.
const ADDRESS_MASK: i32 = 0xF_FFF8;
const PAGES: u64 = 17;

/// The function's parameters: how often calls may go deeper, an address, a number. Its locals: more numbers, a counter.
const DEPTH_LEFT: u32 = 0;
const ADDRESS: u32 = 1;
const NUMBERS: std::ops::RangeInclusive<u32> = 2..=6;
const COUNTER: u32 = 7;

/// Types: of all functions but `_start`, and of that.
const ORDINARY: u32 = 0;
const COMMAND: u32 = 1;

/// About 19 MB of WebAssembly that imports nothing; its `_start` calls a few of some 40,000 functions and returns.
#[must_use]
pub fn large() -> Vec<u8> {
    generated(LARGE)
}

/// The same with this many bytes of functions; at least 16 functions.
#[must_use]
pub fn generated(bytes: usize) -> Vec<u8> {
    let mut code = CodeSection::new();
    let (mut count, mut written) = (0, 0);
    while written < bytes || count < IN_TABLE {
        let function = ordinary(count);
        written += function.byte_len();
        code.function(&function);
        count += 1;
    }
    code.function(&start(count));
    module(count, &code)
}

fn module(count: u32, code: &CodeSection) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32, ValType::I32, ValType::I64], [ValType::I64]);
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    for _ in 0..count {
        functions.function(ORDINARY);
    }
    functions.function(COMMAND);
    let in_table = u64::from(IN_TABLE);
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: in_table,
        maximum: Some(in_table),
        shared: false,
    });
    let mut memories = MemorySection::new();
    let (memory64, shared) = (false, false);
    memories.memory(MemoryType { minimum: PAGES, maximum: None, memory64, shared, page_size_log2: None });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("_start", ExportKind::Func, count);
    let listed: Vec<u32> = (0..IN_TABLE).map(|place| place * (count / IN_TABLE)).collect();
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(Cow::Owned(listed)));
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&tables).section(&memories);
    module.section(&exports).section(&elements).section(code);
    module.finish()
}

/// `_start`.
fn start(count: u32) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    for place in 0..STARTED {
        let called = place * (count / STARTED);
        code.i32_const(DEPTH).i32_const(64 * place as i32).i64_const(i64::from(called)).call(called).drop();
    }
    code.end();
    function
}

/// The function at this place: 8 to 39 statements.
fn ordinary(place: u32) -> Function {
    let mut function = Function::new([(4, ValType::I64), (1, ValType::I32)]);
    let mut dice = Dice::new(place);
    let mut writer = Writer { code: function.instructions(), dice: &mut dice, place };
    for _ in 0..8 + writer.dice.below(32) {
        writer.statement();
    }
    let result = writer.number();
    writer.code.local_get(result).end();
    function
}

/// Writes statements into a function.
struct Writer<'a> {
    code: InstructionSink<'a>,
    dice: &'a mut Dice,
    place: u32,
}

impl Writer<'_> {
    fn statement(&mut self) {
        match self.dice.below(12) {
            0..=3 => self.calculate(),
            4 => self.load(),
            5 => self.store(),
            6 => self.floats(),
            7 => self.either(),
            8 => self.one_of_four(),
            9 => self.repeat(),
            _ => self.call(),
        }
    }

    /// One that neither branches nor calls.
    fn simple(&mut self) {
        match self.dice.below(4) {
            0 => self.load(),
            1 => self.store(),
            _ => self.calculate(),
        }
    }

    fn calculate(&mut self) {
        let (left, right, into) = (self.number(), self.number(), self.number());
        let constant = self.dice.next() as i64 >> self.dice.below(60);
        let code = self.code.local_get(left).local_get(right);
        match self.dice.below(6) {
            0 => code.i64_add(),
            1 => code.i64_sub(),
            2 => code.i64_mul(),
            3 => code.i64_xor(),
            4 => code.i64_rotl(),
            _ => code.i64_shr_u(),
        };
        code.i64_const(constant);
        match self.dice.below(3) {
            0 => code.i64_add(),
            1 => code.i64_and(),
            _ => code.i64_xor(),
        };
        code.local_set(into);
    }

    fn load(&mut self) {
        let (into, place) = (self.number(), self.memory());
        self.address();
        match self.dice.below(3) {
            0 => self.code.i64_load8_u(place),
            1 => self.code.i64_load32_s(place),
            _ => self.code.i64_load(place),
        };
        self.code.local_set(into);
    }

    fn store(&mut self) {
        let (from, place) = (self.number(), self.memory());
        self.address();
        self.code.local_get(from);
        match self.dice.below(3) {
            0 => self.code.i64_store8(place),
            1 => self.code.i64_store32(place),
            _ => self.code.i64_store(place),
        };
    }

    fn floats(&mut self) {
        let (left, right, into) = (self.number(), self.number(), self.number());
        let factor = f64::from(self.dice.below(1000)) + 0.5;
        self.code.local_get(left).f64_convert_i64_s().f64_const(Ieee64::new(factor.to_bits())).f64_mul();
        self.code.local_get(right).f64_convert_i64_s().f64_add().i64_reinterpret_f64().local_set(into);
    }

    fn either(&mut self) {
        let (left, right) = (self.number(), self.number());
        self.code.local_get(left).local_get(right).i64_lt_s().if_(BlockType::Empty);
        self.simple();
        self.code.else_();
        self.simple();
        self.code.end();
    }

    fn one_of_four(&mut self) {
        let number = self.number();
        for _ in 0..4 {
            self.code.block(BlockType::Empty);
        }
        self.code.local_get(number).i32_wrap_i64().i32_const(3).i32_and().br_table([0, 1, 2], 3).end();
        for left in [2, 1, 0] {
            self.simple();
            self.code.br(left).end();
        }
    }

    /// One to eight times.
    fn repeat(&mut self) {
        let times = self.dice.below(8) as i32;
        self.code.i32_const(times).local_set(COUNTER).loop_(BlockType::Empty);
        for _ in 0..1 + self.dice.below(3) {
            self.simple();
        }
        self.code.local_get(ADDRESS).i32_const(8).i32_add().local_set(ADDRESS);
        self.code.local_get(COUNTER).i32_const(1).i32_sub().local_tee(COUNTER).i32_const(0).i32_gt_s().br_if(0).end();
    }

    /// Of a function before this one, or of one in the table, as long as calls may go deeper.
    fn call(&mut self) {
        let (number, into) = (self.number(), self.number());
        self.code.local_get(DEPTH_LEFT).i32_const(0).i32_gt_s().if_(BlockType::Empty);
        self.code.local_get(DEPTH_LEFT).i32_const(1).i32_sub();
        self.address();
        self.code.local_get(number);
        match self.dice.below(4) {
            0 => {
                self.code.local_get(number).i32_wrap_i64().i32_const(IN_TABLE as i32 - 1).i32_and();
                self.code.call_indirect(0, ORDINARY)
            }
            _ => self.code.call(self.dice.below(self.place + 1)),
        };
        self.code.local_set(into).end();
    }

    /// An address within the first MiB of memory.
    fn address(&mut self) {
        self.code.local_get(ADDRESS).i32_const(ADDRESS_MASK).i32_and();
    }

    fn memory(&mut self) -> MemArg {
        MemArg { offset: u64::from(self.dice.below(4096)), align: 0, memory_index: 0 }
    }

    fn number(&mut self) -> u32 {
        NUMBERS.start() + self.dice.below(NUMBERS.end() - NUMBERS.start() + 1)
    }
}

/// Always the same numbers for a function: those of the MMIX generator (Knuth, The Art of Computer Programming 3.3.4).
struct Dice(u64);

impl Dice {
    fn new(place: u32) -> Self {
        let mut dice = Dice(u64::from(place));
        // The first ones of neighbours are alike.
        for _ in 0..4 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0
    }

    fn below(&mut self, bound: u32) -> u32 {
        ((self.next() >> 33) % u64::from(bound)) as u32
    }
}
