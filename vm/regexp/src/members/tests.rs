use super::*;
use crate::charset::class_escape;

/// Sets of zero to many ranges, with borders at both ends of ASCII, as such and complemented.
fn sets() -> Vec<CharSet> {
    let listed: [&[(u32, u32)]; 10] = [
        &[],
        &[(0, 0)],
        &[(0x7F, 0x7F)],
        &[(0, 0x7F)],
        &[(0x41, 0x5A)],
        &[(0x2C, 0x2C), (0x3B, 0x3B)],
        &[(0, 8), (0x20, 0x2F), (0x7A, 0x90)],
        &[(0x21, 0x21), (0x23, 0x23), (0x25, 0x25), (0x27, 0x27)],
        &[(0x21, 0x21), (0x23, 0x23), (0x25, 0x25), (0x27, 0x27), (0x29, 0x29)],
        &[(0x61, 0x61), (0xE9, 0xE9), (0x1F600, 0x1F600)],
    ];
    let escapes = ['d', 's', 'w'].iter().filter_map(|&letter| class_escape(letter));
    let sets = listed.iter().map(|ranges| ranges.to_vec()).chain(escapes).map(CharSet::from_code_points);
    sets.flat_map(|set| [set.complement(), set]).collect()
}

/// Runs that begin and end at every place of a word, at the end of a text too.
#[test]
fn runs_are_as_long_as_byte_by_byte() {
    let mut seed = 1_u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 8
    };
    for set in sets() {
        let members = Members::of(&set);
        let inside: Vec<u8> = (0..0x80).filter(|&byte| set.contains_ascii(byte)).collect();
        for _ in 0..300 {
            let len = random() as usize % 30;
            // Mostly members, so that runs are long; then any byte.
            let text: Vec<u8> = (0..len)
                .map(|_| match inside.get(random() as usize % inside.len().max(1)) {
                    Some(&byte) if random() % 12 > 0 => byte,
                    _ => random() as u8,
                })
                .collect();
            let (start, most) = (random() as usize % (len + 2), random() as usize % 40);
            let naive =
                text.iter().skip(start).take(most).take_while(|&&byte| set.contains_ascii(byte)).count();
            assert_eq!(members.count_ascii(&text, start, most), naive, "{set:?} {text:?} {start} {most}");
        }
    }
}

#[test]
fn a_word_ends_with_the_text() {
    for len in 0..20 {
        let text: Vec<u8> = (1..=len).collect();
        for at in 0..=text.len() + 1 {
            let mut bytes = [0; WORD];
            bytes.iter_mut().zip(text.iter().skip(at)).for_each(|(byte, &of_text)| *byte = of_text);
            assert_eq!(word_at(&text, at), u64::from_le_bytes(bytes), "{len} {at}");
        }
    }
}
