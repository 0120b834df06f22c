use proptest::prelude::*;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, TypeSection, ValType,
};
use wasmparser::{FuncType, Operator, Validator, WasmFeatures};

use super::*;

/// Parameters and locals of the functions here; the last one is no i32.
const LOCALS: u32 = 6;
const WIDE: u32 = LOCALS;
/// How often a function may go round.
const ROUNDS: usize = 40;

/// Writes a function as the bytes of a script say.
struct Author<'a> {
    script: std::slice::Iter<'a, u8>,
    body: Function,
    /// What the sequences around are, the innermost last: whether they are loops.
    around: Vec<bool>,
    gives: bool,
}

impl Author<'_> {
    fn next(&mut self) -> Option<u32> {
        self.script.next().map(|it| u32::from(*it))
    }

    fn any(&mut self, below: usize) -> u32 {
        self.next().unwrap_or_default() % below.max(1) as u32
    }

    fn say(&mut self, instruction: Instruction<'_>) {
        self.body.instruction(&instruction);
    }

    /// `a = (b + c) ^ n`, and sometimes tells it.
    fn statement(&mut self) {
        let [from, and, to] = [(); 3].map(|()| self.any(LOCALS as usize));
        let number = self.any(100);
        self.say(Instruction::LocalGet(from));
        self.say(Instruction::LocalGet(and));
        self.say(Instruction::I32Add);
        self.say(Instruction::I32Const(number as i32));
        self.say(Instruction::I32Xor);
        self.say(Instruction::LocalTee(to));
        match number % 3 {
            0 => self.say(Instruction::Call(0)),
            1 => {
                self.say(Instruction::I64ExtendI32U);
                self.say(Instruction::LocalGet(WIDE));
                self.say(Instruction::I64Add);
                self.say(Instruction::LocalSet(WIDE));
            }
            _ => self.say(Instruction::Drop),
        }
    }

    fn sequence(&mut self) {
        while let Some(kind) = self.next() {
            let depth = self.around.len();
            match kind % 16 {
                0 | 1 if depth < 6 => {
                    let is_loop = kind % 2 == 1;
                    self.around.push(is_loop);
                    if is_loop {
                        self.say(Instruction::Loop(BlockType::Empty));
                    } else {
                        self.say(Instruction::Block(BlockType::Empty));
                    }
                    self.sequence();
                    self.say(Instruction::End);
                    self.around.pop();
                }
                2 if depth < 6 => {
                    let local = self.any(LOCALS as usize);
                    self.say(Instruction::LocalGet(local));
                    self.say(Instruction::If(BlockType::Empty));
                    self.around.push(false);
                    self.sequence();
                    if kind > 100 {
                        self.say(Instruction::Else);
                        self.sequence();
                    }
                    self.say(Instruction::End);
                    self.around.pop();
                }
                // A block that has a value, with a way out that takes it along.
                3 if depth < 6 => {
                    let [local, value] = [(); 2].map(|()| self.any(LOCALS as usize));
                    self.say(Instruction::Block(BlockType::Result(ValType::I32)));
                    self.say(Instruction::LocalGet(value));
                    self.say(Instruction::LocalGet(local));
                    self.say(Instruction::BrIf(0));
                    for _ in 0..4 {
                        self.say(Instruction::Drop);
                        self.say(Instruction::LocalGet(local));
                    }
                    self.say(Instruction::End);
                    self.say(Instruction::LocalSet(value));
                }
                4..=6 if depth > 0 => {
                    let local = self.any(LOCALS as usize);
                    let to = self.any(depth);
                    self.say(Instruction::LocalGet(local));
                    self.say(Instruction::BrIf(to));
                }
                7 if depth > 0 => {
                    let to = self.any(depth);
                    self.say(Instruction::Br(to));
                    return;
                }
                8 if depth > 0 => {
                    let local = self.any(LOCALS as usize);
                    let to = [(); 3].map(|()| self.any(depth));
                    self.say(Instruction::LocalGet(local));
                    self.say(Instruction::I32Const(3));
                    self.say(Instruction::I32And);
                    self.say(Instruction::BrTable(to[1..].to_vec().into(), to[0]));
                    return;
                }
                9 if depth > 0 => {
                    if self.gives {
                        let local = self.any(LOCALS as usize);
                        self.say(Instruction::LocalGet(local));
                    }
                    self.say(Instruction::Return);
                    return;
                }
                10 if depth > 0 => {
                    self.say(Instruction::Unreachable);
                    return;
                }
                11 if depth > 0 => return,
                _ => self.statement(),
            }
        }
    }
}

/// A module that imports something to tell numbers, and has a function of two numbers made from a script.
fn module(script: &[u8], gives: bool) -> Vec<u8> {
    let mut author = Author {
        script: script.iter(),
        body: Function::new([(LOCALS - 2, ValType::I32), (1, ValType::I64)]),
        around: Vec::new(),
        gives,
    };
    author.sequence();
    if gives {
        author.say(Instruction::LocalGet(1));
    }
    author.say(Instruction::End);
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], []);
    let results = gives.then_some(ValType::I32);
    types.ty().function([ValType::I32, ValType::I32], results);
    let mut imports = ImportSection::new();
    imports.import("page", "tell", EntityType::Function(0));
    let mut functions = FunctionSection::new();
    functions.function(1);
    let mut globals = GlobalSection::new();
    let of = GlobalType {
        val_type: ValType::I32,
        mutable: true,
        shared: false,
    };
    globals.global(of, &ConstExpr::i32_const(0));
    let mut exports = ExportSection::new();
    exports.export("it", ExportKind::Func, 1);
    let mut code = CodeSection::new();
    code.function(&author.body);
    let mut out = wasm_encoder::Module::new();
    out.section(&types).section(&imports).section(&functions);
    out.section(&globals).section(&exports).section(&code);
    out.finish()
}

#[derive(Debug, Clone, PartialEq)]
enum Went {
    Through,
    To(u32),
    Back,
    /// It trapped, or went round too often.
    Stopped,
}

/// Runs functions as the standard says, as far as the ones here need it.
struct Machine<'a> {
    module: &'a Module<'a>,
    told: Vec<u64>,
    rounds: usize,
}

impl Machine<'_> {
    /// The results; none if it trapped.
    fn call(&mut self, function: u32, arguments: Vec<u64>) -> Option<Vec<u64>> {
        if function < self.module.imported {
            self.told.extend(arguments);
            return Some(Vec::new());
        }
        let body = self.module.body(function)?;
        let mut locals = arguments;
        for declared in body.get_locals_reader().unwrap() {
            locals.extend(vec![0; declared.unwrap().0 as usize]);
        }
        let operators = body.get_operators_reader().unwrap();
        let operators: Vec<Operator<'_>> = operators.into_iter().map(Result::unwrap).collect();
        let mut stack = Vec::new();
        let end = operators.len() - 1;
        match self.run(&operators, 0, end, &mut locals, &mut stack) {
            Went::Stopped => return None,
            Went::To(label) => assert_eq!(label, 0),
            Went::Through | Went::Back => {}
        }
        let results = self.func_type(function).results().len();
        Some(stack.split_off(stack.len() - results))
    }

    fn func_type(&self, function: u32) -> &FuncType {
        let of = self.module.functions[function as usize] as usize;
        self.module.types[of].unwrap_func()
    }

    fn run(
        &mut self,
        operators: &[Operator<'_>],
        from: usize,
        to: usize,
        locals: &mut [u64],
        stack: &mut Vec<u64>,
    ) -> Went {
        let mut at = from;
        while at < to {
            let operator = &operators[at];
            at += 1;
            match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                    let (middle, end) = close(operators, at);
                    let (from, to) = match operator {
                        Operator::If { .. } if stack.pop() == Some(0) => {
                            (middle.map_or(end, |middle| middle + 1), end)
                        }
                        _ => (at, middle.unwrap_or(end)),
                    };
                    at = end + 1;
                    loop {
                        match self.run(operators, from, to, locals, stack) {
                            Went::Through => {}
                            Went::To(0) if matches!(operator, Operator::Loop { .. }) => {
                                self.rounds += 1;
                                if self.rounds > ROUNDS {
                                    return Went::Stopped;
                                }
                                continue;
                            }
                            Went::To(0) => {}
                            Went::To(label) => return Went::To(label - 1),
                            went => return went,
                        }
                        break;
                    }
                }
                Operator::Br { relative_depth } => return Went::To(*relative_depth),
                Operator::BrIf { relative_depth } => {
                    if stack.pop() != Some(0) {
                        return Went::To(*relative_depth);
                    }
                }
                Operator::BrTable { targets } => {
                    let number = stack.pop().unwrap() as usize;
                    let to = targets.targets().nth(number).map(Result::unwrap);
                    return Went::To(to.unwrap_or(targets.default()));
                }
                Operator::Return => return Went::Back,
                Operator::Unreachable => return Went::Stopped,
                Operator::Drop => drop(stack.pop().unwrap()),
                Operator::LocalGet { local_index } => stack.push(locals[*local_index as usize]),
                Operator::LocalSet { local_index } => {
                    locals[*local_index as usize] = stack.pop().unwrap();
                }
                Operator::LocalTee { local_index } => {
                    locals[*local_index as usize] = *stack.last().unwrap();
                }
                Operator::I32Const { value } => stack.push(u64::from(*value as u32)),
                Operator::I64ExtendI32U => {}
                Operator::I32Eqz => {
                    let number = stack.pop().unwrap();
                    stack.push(u64::from(number == 0));
                }
                Operator::Call { function_index } => {
                    let takes = self.func_type(*function_index).params().len();
                    let arguments = stack.split_off(stack.len() - takes);
                    match self.call(*function_index, arguments) {
                        Some(results) => stack.extend(results),
                        None => return Went::Stopped,
                    }
                }
                two => {
                    let (right, left) = (stack.pop().unwrap(), stack.pop().unwrap());
                    let narrow = |number: u64| u64::from(number as u32);
                    stack.push(match two {
                        Operator::I32Add => narrow(left + right),
                        Operator::I32Xor => left ^ right,
                        Operator::I32And => left & right,
                        Operator::I32Eq => u64::from(left == right),
                        Operator::I64Add => left.wrapping_add(right),
                        other => panic!("{other:?}"),
                    });
                }
            }
        }
        Went::Through
    }
}

/// The `else` and the `end` of the sequence that begins here.
fn close(operators: &[Operator<'_>], from: usize) -> (Option<usize>, usize) {
    let mut depth = 0;
    let mut middle = None;
    for (at, operator) in operators.iter().enumerate().skip(from) {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
            Operator::Else if depth == 0 => middle = Some(at),
            Operator::End if depth == 0 => return (middle, at),
            Operator::End => depth -= 1,
            _ => {}
        }
    }
    panic!("a sequence without an end")
}

/// What a module's function does with some arguments: what it told, and what it gave.
fn told(bytes: &[u8]) -> Vec<(Vec<u64>, Option<Vec<u64>>)> {
    let module = Module::read(bytes).unwrap();
    let numbers = [[0, 0], [1, 2], [7, 90]];
    let all = numbers.map(|arguments| {
        let mut machine = Machine {
            module: &module,
            told: Vec::new(),
            rounds: 0,
        };
        let gave = machine.call(1, arguments.to_vec());
        (machine.told, gave)
    });
    all.to_vec()
}

/// Cuts what `is_rare` says out of the function of a module; how many pieces, and the module.
fn cut_out(bytes: &[u8], is_rare: impl Fn(usize) -> bool) -> (usize, Vec<u8>) {
    let module = Module::read(bytes).unwrap();
    let flow = Flow::of(&module, 1, &Names::of(&module)).unwrap().unwrap();
    let keys = flow.places.iter().enumerate();
    let rare: String = keys
        .filter(|(number, _)| is_rare(*number))
        .map(|(_, place)| format!(" {:08x}\n", place.key))
        .collect();
    let outlined = outline(bytes, &module, std::iter::once(1), &Rare::read(&rare)).unwrap();
    (outlined.origins.len(), outlined.bytes)
}

fn check(bytes: &[u8]) {
    if let Err(error) = Validator::new_with_features(WasmFeatures::WASM2).validate_all(bytes) {
        panic!("{error}");
    }
}

proptest! {
    #[test]
    fn a_function_in_pieces_does_what_it_did(
        script in proptest::collection::vec(any::<u8>(), 20..260),
        gives in any::<bool>(),
        rare in any::<u64>(),
    ) {
        let whole = module(&script, gives);
        check(&whole);
        let (_, pieces) = cut_out(&whole, |number| rare >> (number % 64) & 1 != 0);
        check(&pieces);
        prop_assert_eq!(told(&pieces), told(&whole));
    }
}

#[test]
fn what_is_rare_is_cut_out() {
    // if a { five statements } tell
    let statement = [15, 0, 1, 2, 3];
    let mut script = vec![2, 0];
    for _ in 0..5 {
        script.extend(statement);
    }
    script.push(11);
    script.extend(statement);
    let whole = module(&script, true);
    check(&whole);
    let (none, same) = cut_out(&whole, |_| false);
    assert_eq!(none, 0);
    assert_eq!(told(&same), told(&whole));
    let (one, pieces) = cut_out(&whole, |number| number == 0);
    assert_eq!(one, 1);
    let bytes = |bytes: &[u8]| Module::read(bytes).unwrap().body(1).unwrap().range().len();
    assert!(bytes(&pieces) + 20 < bytes(&whole));
    check(&pieces);
    assert_eq!(told(&pieces), told(&whole));
}
