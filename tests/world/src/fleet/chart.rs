//! The requests of a morning as a picture: answered and refused in each half minute, the limit, and how many desks run.

use super::{SLICE, Slice};
use std::fmt::Write as _;

const WIDTH: f64 = 880.0;
const HEIGHT: f64 = 180.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 40.0;

/// Its colours follow the reader's choice of light or dark; refused is also told apart by its place, above what was answered.
const STYLE: &str = "<style>
.ground{fill:#fff}.text{fill:#222}.quiet{fill:#555}.line{stroke:#222;fill:none}.answered{fill:#3f78bf}.refused{fill:#c8431f}.desks{stroke:#777;fill:none}
@media(prefers-color-scheme:dark){.ground{fill:#16191d}.text{fill:#e8e8e8}.quiet{fill:#b0b0b0}.line{stroke:#e8e8e8}.answered{fill:#5f9be6}.refused{fill:#ff8a5c}.desks{stroke:#a0a0a0}}
</style>";

#[derive(Debug, Clone)]
pub struct Panel {
    pub title: String,
    pub limit: u32,
    pub slices: Vec<Slice>,
}

/// One below the other.
pub fn svg(panels: &[Panel]) -> String {
    let each = HEIGHT + 80.0;
    let (width, height) = (WIDTH + LEFT + 30.0, each * panels.len() as f64 + 40.0);
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">"
    ));
    line("<title>Requests of all desks in each half minute, against Microsoft's limit</title>");
    line(STYLE);
    line("<rect class=\"ground\" width=\"100%\" height=\"100%\"/>");
    for (number, panel) in panels.iter().enumerate() {
        draw(&mut line, TOP + each * number as f64, panel);
    }
    line(&format!(
        "<text class=\"quiet\" x=\"{LEFT}\" y=\"{:.0}\">requests in 30 s: blue answered, red above it refused; dashed: the limit; grey line: desks that run, as a share</text>",
        height - 14.0
    ));
    line("</svg>");
    out
}

fn draw(line: &mut impl FnMut(&str), top: f64, panel: &Panel) {
    let Panel { title, limit, slices } = panel;
    let most = slices.iter().map(|slice| slice.asked).max().unwrap_or(0);
    let scale = f64::from(most.max(*limit)) * 1.05;
    let wide = WIDTH / slices.len().max(1) as f64;
    let y = |count: f64| top + HEIGHT - HEIGHT * count / scale;
    line(&format!(
        "<text class=\"text\" x=\"{LEFT}\" y=\"{:.0}\" font-size=\"14\">{title}</text>",
        top - 14.0
    ));
    let mut bars = |class: &str, from: fn(&Slice) -> u32, to: fn(&Slice) -> u32| {
        let mut path = String::new();
        for (at, slice) in slices
            .iter()
            .enumerate()
            .filter(|(_, slice)| to(slice) > from(slice))
        {
            let x = LEFT + wide * at as f64;
            let (low, high) = (y(f64::from(from(slice))), y(f64::from(to(slice))));
            // Writing to a string does not fail.
            let _ = write!(path, "M{x:.1} {low:.1}V{high:.1}H{:.1}V{low:.1}Z", x + wide);
        }
        line(&format!("<path class=\"{class}\" d=\"{path}\"/>"));
    };
    bars("answered", |_| 0, |slice| slice.asked - slice.refused);
    bars(
        "refused",
        |slice| slice.asked - slice.refused,
        |slice| slice.asked,
    );
    let at_limit = y(f64::from(*limit));
    line(&format!(
        "<path class=\"line\" d=\"M{LEFT} {at_limit:.1}h{WIDTH}\" stroke-dasharray=\"6 4\"/><text class=\"text\" x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{limit}</text>",
        LEFT - 6.0,
        at_limit + 4.0
    ));
    let desks = slices.iter().map(|slice| slice.running).max().unwrap_or(1).max(1);
    let mut points = String::new();
    for (at, slice) in slices.iter().enumerate() {
        let share = f64::from(slice.running) / f64::from(desks);
        let (x, y) = (LEFT + wide * at as f64, top + HEIGHT - HEIGHT * share * 0.95);
        let _ = write!(points, "{x:.1},{y:.1} ");
    }
    line(&format!(
        "<polyline class=\"desks\" points=\"{}\"/>",
        points.trim_end()
    ));
    line(&format!(
        "<path class=\"line\" d=\"M{LEFT} {top:.0}V{0:.0}H{1:.0}\"/>",
        top + HEIGHT,
        LEFT + WIDTH
    ));
    let minutes = if slices.len() > 400 { 60 } else { 15 };
    let step = (minutes * 60 / SLICE.as_secs()) as usize;
    for at in (0..=slices.len()).step_by(step) {
        let minute = 450 + at / 2;
        line(&format!(
            "<text class=\"text\" x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{:02}:{:02}</text>",
            LEFT + wide * at as f64,
            top + HEIGHT + 16.0,
            minute / 60,
            minute % 60
        ));
    }
}
