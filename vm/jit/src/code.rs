//! A function's code before it is in executable memory, and its form on disks.

use cranelift_codegen::binemit::Reloc;
use cranelift_module::{ModuleReloc, ModuleRelocTarget};

/// The entry with arguments one by one, as other code of the function names it.
pub const DIRECT: u32 = 0;
/// The entry with arguments in memory.
pub const ANY: u32 = 1;
/// The loops of natives with the function in them.
pub const LOOPS: u32 = 2;

/// Calls, all that code of ours refers to; their places here are their numbers on disks.
const CALLS: [Reloc; 5] = [
    Reloc::X86CallPCRel4,
    Reloc::X86CallPLTRel4,
    Reloc::Arm64Call,
    Reloc::RiscvCallPlt,
    Reloc::S390xPLTRel32Dbl,
];

/// Longest code of an entry that is read.
const MAX_BYTES: u32 = 16 << 20;

/// A function's code.
pub struct Code {
    pub(crate) direct: Part,
    pub(crate) any: Part,
    pub(crate) loops: Option<Part>,
}

/// The code of one entry.
pub(crate) struct Part {
    pub alignment: u32,
    /// Where its calls are.
    pub relocations: Vec<ModuleReloc>,
    pub bytes: Vec<u8>,
}

impl Code {
    /// How many bytes the processor reads.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.parts().map(|(_, part)| part.bytes.len() as u64).sum()
    }

    /// Its entries, by number.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (u32, &Part)> {
        let loops = self.loops.iter().map(|part| (LOOPS, part));
        [(DIRECT, &self.direct), (ANY, &self.any)].into_iter().chain(loops)
    }

    /// Its form on disks; none if it refers to other things than itself.
    #[must_use]
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        for (_, part) in self.parts() {
            let [relocations, length] =
                [part.relocations.len(), part.bytes.len()].map(|n| u32::try_from(n).ok());
            for word in [part.alignment, relocations?, length.filter(|&length| length <= MAX_BYTES)?] {
                out.extend(word.to_le_bytes());
            }
            for relocation in &part.relocations {
                let kind = CALLS.iter().position(|&kind| kind == relocation.kind)?;
                let ModuleRelocTarget::User { namespace: 0, index: index @ (DIRECT | ANY) } = relocation.name
                else {
                    return None;
                };
                for word in [relocation.offset, kind as u32, index] {
                    out.extend(word.to_le_bytes());
                }
                out.extend(relocation.addend.to_le_bytes());
            }
            out.extend(&part.bytes);
        }
        Some(out)
    }

    /// Reads what [`Self::encode`] has written; none where it is something else. Code that is read is run: the bytes must be known to be
    /// of this host's own making.
    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<Self> {
        let from = &mut bytes;
        let (direct, any) = (Part::read(from)?, Part::read(from)?);
        let loops = if from.is_empty() { None } else { Some(Part::read(from)?) };
        bytes.is_empty().then_some(Self { direct, any, loops })
    }
}

impl Part {
    fn read(from: &mut &[u8]) -> Option<Self> {
        let (alignment, count, length) = (word(from)?, word(from)?, word(from)?);
        if !alignment.is_power_of_two() || alignment > 4096 || length > MAX_BYTES {
            return None;
        }
        let mut relocations = Vec::new();
        for _ in 0..count {
            let offset = word(from)?;
            let kind = *CALLS.get(word(from)? as usize)?;
            let index = word(from)?;
            let addend = i64::from_le_bytes(take(from)?);
            if index > ANY || offset.checked_add(4)? > length {
                return None;
            }
            relocations.push(ModuleReloc { offset, kind, name: ModuleRelocTarget::user(0, index), addend });
        }
        let (bytes, rest) = from.split_at_checked(length as usize)?;
        *from = rest;
        Some(Self { alignment, relocations, bytes: bytes.to_vec() })
    }
}

fn word(from: &mut &[u8]) -> Option<u32> {
    take(from).map(u32::from_le_bytes)
}

fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(*taken)
}
