//! The tray's pictures, drawn by `icons/draw.py`.

use offhook_protocol::status::State;

/// Width and height of the pictures, in the order in which the files hold them.
const SIZES: &[usize] = &[16, 22, 24, 32, 48];

/// A square picture: `size` pixels wide, rows of red, green, blue, opacity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub size: usize,
    pub rgba: Vec<u8>,
}

/// What a picture is painted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    #[cfg_attr(
        all(target_os = "macos", not(test)),
        expect(dead_code, reason = "its menu bar colours templates by itself")
    )]
    Colour,
    /// One colour: red, green, blue.
    One([u8; 3]),
}

/// For dark panels, for light ones, and for a system that colours pictures itself.
#[cfg(any(not(target_os = "macos"), test))]
pub const LIGHT: Paint = Paint::One([0xf2, 0xf4, 0xf5]);
#[cfg(any(not(target_os = "macos"), test))]
pub const DARK: Paint = Paint::One([0x22, 0x28, 0x2c]);
#[cfg(any(target_os = "macos", test))]
pub const TEMPLATE: Paint = Paint::One([0, 0, 0]);

/// The picture of a state in every size, smallest first.
pub fn pictures(state: State, attention: bool, paint: Paint) -> Vec<Picture> {
    let (coloured, covered) = files(state, attention);
    let mut from = 0;
    let mut pictures = Vec::with_capacity(SIZES.len());
    for &size in SIZES {
        let to = from + size * size;
        let rgba = match paint {
            Paint::Colour => coloured.get(from * 4..to * 4).map(<[u8]>::to_vec),
            Paint::One([red, green, blue]) => covered.get(from..to).map(|covered| {
                let pixels = covered.iter().flat_map(|alpha| [red, green, blue, *alpha]);
                pixels.collect()
            }),
        };
        pictures.extend(rgba.map(|rgba| Picture { size, rgba }));
        from = to;
    }
    pictures
}

/// In colour, and how much each pixel is covered in one colour.
macro_rules! pair {
    ($name:literal) => {
        (
            include_bytes!(concat!("../../../../icons/tray/", $name, ".rgba")).as_slice(),
            include_bytes!(concat!("../../../../icons/tray/", $name, "-mono.alpha")).as_slice(),
        )
    };
}

fn files(state: State, attention: bool) -> (&'static [u8], &'static [u8]) {
    match (state, attention) {
        (State::SignedOut, false) => pair!("signed-out"),
        (State::SignedOut, true) => pair!("signed-out-attention"),
        (State::Paused, false) => pair!("paused"),
        (State::Paused, true) => pair!("paused-attention"),
        (State::InCall, false) => pair!("in-call"),
        (State::InCall, true) => pair!("in-call-attention"),
        (State::DoNotDisturb, false) => pair!("do-not-disturb"),
        (State::DoNotDisturb, true) => pair!("do-not-disturb-attention"),
        (State::Forwarded, false) => pair!("forwarded"),
        (State::Forwarded, true) => pair!("forwarded-attention"),
        (State::Busy, false) => pair!("busy"),
        (State::Busy, true) => pair!("busy-attention"),
        (State::Away, false) => pair!("away"),
        (State::Away, true) => pair!("away-attention"),
        (State::Free, false) => pair!("free"),
        (State::Free, true) => pair!("free-attention"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const STATES: [(State, &str); 8] = [
        (State::SignedOut, "signed-out"),
        (State::Paused, "paused"),
        (State::InCall, "in-call"),
        (State::DoNotDisturb, "do-not-disturb"),
        (State::Forwarded, "forwarded"),
        (State::Busy, "busy"),
        (State::Away, "away"),
        (State::Free, "free"),
    ];

    fn all() -> impl Iterator<Item = (State, String, bool)> {
        STATES.into_iter().flat_map(|(state, name)| {
            [
                (state, name.to_owned(), false),
                (state, format!("{name}-attention"), true),
            ]
        })
    }

    /// Red, green, blue, opacity of a PNG beside the drawings.
    fn png(name: &str, size: usize) -> Vec<u8> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../icons/tray");
        let file = std::fs::File::open(folder.join(format!("{name}-{size}.png"))).unwrap();
        let mut reader = png::Decoder::new(std::io::BufReader::new(file))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width as usize, info.height as usize), (size, size));
        assert_eq!(info.color_type, png::ColorType::Rgba);
        pixels
    }

    /// Which pixels are more than half covered: the shape without its colours.
    fn shape(rgba: &[u8]) -> Vec<bool> {
        rgba.chunks_exact(4).map(|pixel| pixel[3] > 127).collect()
    }

    #[test]
    fn what_is_embedded_is_what_was_drawn() {
        for (state, name, attention) in all() {
            for (paint, suffix) in [(Paint::Colour, ""), (TEMPLATE, "-mono")] {
                let pictures = pictures(state, attention, paint);
                assert_eq!(
                    pictures.iter().map(|picture| picture.size).collect::<Vec<_>>(),
                    SIZES
                );
                for picture in pictures {
                    let drawn = png(&format!("{name}{suffix}"), picture.size);
                    // Where nothing is covered, the colour means nothing.
                    let same = picture
                        .rgba
                        .chunks_exact(4)
                        .zip(drawn.chunks_exact(4))
                        .all(|(ours, drawn)| ours[3] == drawn[3] && (ours == drawn || ours[3] == 0));
                    assert!(same, "{name}{suffix} {}: run icons/draw.py", picture.size);
                }
            }
        }
    }

    #[test]
    fn one_colour_is_one_colour() {
        let Paint::One(light) = LIGHT else { panic!() };
        for picture in pictures(State::Busy, true, LIGHT) {
            assert!(picture.rgba.chunks_exact(4).all(|pixel| pixel[..3] == light));
        }
    }

    #[test]
    fn all_states_differ_by_shape_in_every_size_in_colour_and_without() {
        for size in [16, 22, 24, 32, 48, 64] {
            for suffix in ["", "-mono"] {
                let shapes: Vec<(String, Vec<bool>)> = all()
                    .map(|(_, name, _)| (name.clone(), shape(&png(&format!("{name}{suffix}"), size))))
                    .collect();
                for (at, (name, one)) in shapes.iter().enumerate() {
                    for (other_name, other) in &shapes[..at] {
                        let differing = one.iter().zip(other).filter(|(a, b)| a != b).count();
                        // Eight pixels of a picture of 16 by 16 are one stroke of a sign.
                        assert!(
                            differing * 32 >= size * size,
                            "{name} and {other_name} differ by {differing} pixels of {size}{suffix}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn pictures_for_a_template_have_no_colour() {
        for (_, name, _) in all() {
            let pixels = png(&format!("{name}-mono"), 48);
            assert!(
                pixels.chunks_exact(4).all(|pixel| pixel[..3] == [0, 0, 0]),
                "{name}"
            );
        }
    }
}
