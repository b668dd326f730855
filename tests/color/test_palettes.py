"""Colour matching: scikit-image and slow twins as oracles, and what must never happen."""

import math
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from kornia.color import hsv_to_rgb, rgb_to_hsv
from numpy.typing import NDArray
from skimage.color import rgb2lab
from skimage.exposure import match_histograms

from render.color import METHODS, SPACES, Method, Space, match_color, palette
from render.color.channels import BINS, from_channels, to_channels, transfer
from render.color.palettes import match_channels
from render.color.tables import channels_of, count_levels, follow_levels, moments, transfer_levels
from tests.color.pictures import flat, painted

EVERY = [(space, method) for space in SPACES for method in METHODS]
LEVEL = 1 / 255


def image(picture: torch.Tensor) -> NDArray[np.float64]:
    return picture[0].permute(1, 2, 0).double().cpu().numpy()


def by_rank(values: NDArray[np.float64], goal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Match by rank where a value's rank is the middle of the pixels that have it."""
    _, where, count = np.unique(values, return_inverse=True, return_counts=True)
    known, times = np.unique(goal, return_counts=True)
    rank = (np.cumsum(count) - count / 2) / values.size
    goal_rank = (np.cumsum(times) - times / 2) / goal.size
    return np.interp(rank, goal_rank, known)[where].reshape(values.shape)


def test_histogram_equals_scikit_image(device: torch.device) -> None:
    picture, reference = painted(256, 300, seed=1), painted(200, 310, seed=2)
    got = match_color(picture.to(device), reference.to(device), space="rgb")
    expected = match_histograms(image(picture), image(reference), channel_axis=-1)
    np.testing.assert_allclose(image(got), expected, rtol=0, atol=LEVEL)


def test_histogram_equals_scikit_image_on_grey_levels() -> None:
    """scikit-image counts a level's pixels as below it and cuts fractions off: at most 1 level apart."""
    picture, reference = ((painted(256, 300, seed=i) * 255).round() for i in (1, 2))
    got = match_color(picture / 255, reference / 255, space="rgb") * 255
    levels = [image(p).astype(np.uint8) for p in (picture, reference)]
    expected = match_histograms(levels[0], levels[1], channel_axis=-1)
    assert np.abs(np.floor(image(got)) - expected).max() <= 1


def test_histogram_with_clipped_tones_equals_its_twin(device: torch.device) -> None:
    """A third of the pixels black, a fifth white: where counting half of them matters."""
    tones = torch.rand(2, 1, 3, 60, 70, generator=torch.Generator().manual_seed(3))
    cut = [((p - 0.33) * s).clamp(0, 1) for p, s in zip(tones, (1.9, 3), strict=True)]
    picture, reference = ((p * 255).round() / 255 for p in cut)
    got = image(match_color(picture.to(device), reference.to(device), space="rgb"))
    for channel in range(3):
        expected = by_rank(image(picture)[..., channel], image(reference)[..., channel])
        np.testing.assert_allclose(got[..., channel], expected, rtol=0, atol=LEVEL)


def test_histogram_treats_bright_and_dark_alike() -> None:
    picture, reference = ((painted(seed=i) - 0.3).clamp(0, 1) for i in (1, 2))
    there = match_color(picture, reference, space="rgb")
    back = 1 - match_color(1 - picture, 1 - reference, space="rgb")
    apart = (there - back).abs()
    assert float(apart.max()) < LEVEL, "what lies halfway between two levels goes with the one or the other"
    assert float((apart > LEVEL / 4).float().mean()) < 0.005


@pytest.mark.parametrize("space", ["rgb", "lab"])
def test_mean_gives_mean_and_spread(device: torch.device, space: Space) -> None:
    picture, reference = (p.to(device) for p in (painted(seed=1), painted(seed=2) * 0.5 + 0.25))
    got = match_color(picture, reference, space=space, method="mean")
    result, goal = to_channels(got, space), to_channels(reference, space)
    torch.testing.assert_close(result.mean((2, 3)), goal.mean((2, 3)), rtol=0, atol=2e-3)
    torch.testing.assert_close(result.std((2, 3)), goal.std((2, 3)), rtol=0.03, atol=1e-3)


@pytest.mark.parametrize(("space", "method"), EVERY)
def test_own_colours_change_nothing(device: torch.device, space: Space, method: Method) -> None:
    picture = painted(seed=1).to(device)
    got = match_color(picture, picture.flip(3), space=space, method=method)
    torch.testing.assert_close(got, picture, rtol=0, atol=3e-3 if space == "lab" else 1e-4)
    assert float((got - picture).mean((2, 3)).abs().max()) < 2e-5, "and on average nothing at all"


@pytest.mark.parametrize(("space", "method"), EVERY)
def test_a_hundred_times_is_as_good_as_once(space: Space, method: Method) -> None:
    """The loop feeds its own result back: it must come to rest, not creep."""
    picture, reference = painted(48, 64, seed=1), painted(48, 64, seed=2)
    first = match_color(picture, reference, space=space, method=method)
    last = first
    for _ in range(30):
        last = match_color(last, reference, space=space, method=method)
    assert float((last - first).mean((2, 3)).abs().max()) < 2 * LEVEL


@pytest.mark.parametrize(("space", "method"), EVERY)
@pytest.mark.parametrize("pixels", [(1, 1), (1, 5), (8, 8)])
def test_flat_pictures_are_no_trouble(space: Space, method: Method, pixels: tuple[int, int]) -> None:
    one = painted()[..., : pixels[0], : pixels[1]]
    for picture in (flat(0, 0, 0), flat(1, 1, 1), flat(0.2, 0.2, 0.2), flat(1, 0, 0), one):
        for reference in (flat(0.3, 0.3, 0.3), flat(0, 0, 1), one, painted()):
            got = match_color(picture, reference, space=space, method=method)
            assert got.shape == picture.shape
            assert bool(((got >= 0) & (got <= 1)).all())  # false for NaN


@pytest.mark.parametrize(("space", "method"), EVERY)
def test_flat_to_flat(space: Space, method: Method) -> None:
    got = match_color(flat(0.8, 0.3, 0.2), flat(0.2, 0.4, 0.6), space=space, method=method)
    torch.testing.assert_close(got, flat(0.2, 0.4, 0.6), rtol=0, atol=1.5 * LEVEL)  # LAB in 8 bits


def hues(low: float, high: float, seed: int, saturation: float = 1.0) -> torch.Tensor:
    """A picture of full colours with hues from `low` to `high` turns, which may lie round 0."""
    hue = low + (high - low) * torch.rand(1, 60, 60, generator=torch.Generator().manual_seed(seed))
    rest = torch.full_like(hue, saturation)
    return hsv_to_rgb(torch.stack(((hue % 1) * 2 * math.pi, rest, torch.ones_like(hue)), 1))


def hue_of(picture: torch.Tensor) -> torch.Tensor:
    return rgb_to_hsv(picture)[:, 0] / (2 * math.pi)


@pytest.mark.parametrize("method", METHODS)
def test_reds_stay_reds(method: Method) -> None:
    """Hues on both sides of 0: cut there, half of them would be dragged across the whole circle."""
    got = hue_of(match_color(hues(-0.03, 0.08, 1), hues(-0.06, 0.04, 2), space="hsv", method=method))
    assert float(((got + 0.5) % 1 - 0.5).abs().max()) < 0.09


@pytest.mark.parametrize("turn", [0.1, 0.35, 0.8])
def test_turning_all_hues_turns_the_result(turn: float) -> None:
    """Red is only where counting begins."""
    one = hue_of(match_color(hues(0.3, 0.45, 1), hues(0.4, 0.6, 2), space="hsv"))
    other = hue_of(
        match_color(hues(0.3 + turn, 0.45 + turn, 1), hues(0.4 + turn, 0.6 + turn, 2), space="hsv")
    )
    difference = (other - one - turn + 0.5) % 1 - 0.5
    assert float(difference.abs().max()) < 3e-3


def test_grey_pixels_have_no_say_in_hue() -> None:
    """Grey has hue 0, red, only by convention."""
    blue, green = hues(0.6, 0.7, 1), hues(0.3, 0.4, 2)
    grey = flat(0.5, 0.5, 0.5, side=60)
    mixed = torch.cat((green, grey, grey), 3)
    got = hue_of(match_color(blue, mixed, space="hsv"))
    colourful = rgb_to_hsv(match_color(blue, mixed, space="hsv"))[:, 1] > 0.1
    assert float((got[colourful] - 0.35).abs().max()) < 0.06


@pytest.mark.parametrize("space", SPACES)
def test_channels_there_and_back(space: Space) -> None:
    picture = torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(1))
    channels = to_channels(picture, space)
    assert bool(((channels >= 0) & (channels <= 1)).all())
    torch.testing.assert_close(from_channels(channels, space), picture, rtol=0, atol=2e-5)


def test_lab_is_cie_lab() -> None:
    picture = painted()
    expected = (rgb2lab(image(picture)) + np.array([0, 128, 128])) / [100, 255, 255]
    np.testing.assert_allclose(image(to_channels(picture, "lab")), expected, rtol=0, atol=2e-4)


@pytest.mark.parametrize(("space", "method"), EVERY)
def test_amount_mixes(space: Space, method: Method) -> None:
    picture, reference = painted(seed=1), painted(seed=2)
    whole, part = (match_color(picture, reference, space=space, method=method, amount=a) for a in (1.0, 0.25))
    torch.testing.assert_close(part, picture * 0.75 + whole * 0.25)
    assert match_color(picture, reference, space=space, method=method, amount=0) is picture


@pytest.mark.parametrize(("space", "method"), EVERY)
def test_batches_and_palettes(device: torch.device, space: Space, method: Method) -> None:
    pictures, references = (painted(seed=i, batch=2).to(device) for i in (1, 2))
    how: dict[str, Any] = {"space": space, "method": method}
    together = match_color(pictures, references, **how)
    one_for_all = match_color(pictures, palette(references[:1], **how), **how)
    for i in (0, 1):
        alone = match_color(pictures[i : i + 1], references[i : i + 1], **how)
        torch.testing.assert_close(together[i : i + 1], alone, rtol=0, atol=1e-5)
        alone = match_color(pictures[i : i + 1], references[:1], **how)
        torch.testing.assert_close(one_for_all[i : i + 1], alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("space", "method"), EVERY)
def test_leaves_its_inputs_alone_and_repeats_itself(
    device: torch.device, space: Space, method: Method
) -> None:
    picture, reference = painted(seed=1).to(device), painted(seed=2).to(device)
    before = picture.clone(), reference.clone()
    once = match_color(picture, reference, space=space, method=method)
    assert torch.equal(once, match_color(picture, reference, space=space, method=method))
    assert torch.equal(picture, before[0])
    assert torch.equal(reference, before[1])


def test_half_precision_in_half_precision_out() -> None:
    picture, reference = painted(seed=1), painted(seed=2)
    got = match_color(picture.half(), reference.half())
    assert got.dtype == torch.float16
    torch.testing.assert_close(
        got.float(), match_color(picture, reference), rtol=0, atol=4 * LEVEL
    )  # the slow twin


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"space": "luv"}, "one of lab, rgb, hsv"),
        ({"method": "median"}, "one of histogram, mean"),
        ({"amount": 1.5}, "from 0"),
        ({"amount": math.nan}, "from 0"),
        ({"reference": palette(painted(), space="rgb")}, "histogram in rgb cannot"),
        ({"reference": painted(batch=3)}, "1 or 2 references"),
    ],
)
def test_refuses(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        match_color(**{"picture": painted(batch=2), "reference": painted(), **given})  # type: ignore[arg-type]


@pytest.mark.parametrize("space", ["lab", "rgb"])
@pytest.mark.parametrize("method", METHODS)
def test_tables_equal_floats(space: Space, method: Method) -> None:
    """Curves found on 256 levels against floats throughout: a few levels apart at the ends of a histogram, as the last
    tones are few, and a third of a level on average."""
    picture, reference = painted(120, 160, seed=1), painted(120, 160, seed=2) * 0.6 + 0.2
    known = palette(reference, space=space, method=method)
    exact = palette(reference.double(), space=space, method=method)
    got = match_color(picture, known, space=space, method=method)
    apart = (got - match_channels(picture.double(), exact).float()).abs()
    assert float(apart.mean()) < 0.3 * LEVEL
    assert float(apart.max()) < 6 * LEVEL


def test_the_curve_of_levels_is_the_curve() -> None:
    """Also where a picture has few tones, or a count is empty: those of levels alone against `transfer`."""
    few = torch.tensor([0, 0.2, 0.2, 0.9]).view(1, 1, 2, 2).expand(1, 3, 2, 2)
    counts = [count_levels(channels_of(p[0], "rgb")) for p in (painted(seed=1), painted(seed=2) / 2, few)]
    for own in (*counts, torch.zeros_like(counts[0])):
        for goal in (*counts, torch.zeros_like(counts[0])):
            expected = transfer(own, goal)[..., :: (BINS - 1) // 255]
            torch.testing.assert_close(transfer_levels(own, goal), expected.float())


@pytest.mark.parametrize("space", ["lab", "rgb"])
def test_channels_equal_floats(space: Space) -> None:
    """Tables against the floats' way: a tenth of a level apart at most."""
    picture = torch.rand(1, 3, 67, 45, generator=torch.Generator().manual_seed(1))
    picture[:, :, :4] *= 0.02  # where sRGB and LAB are lines
    expected = to_channels(picture, space)[0].permute(1, 2, 0).numpy() * 255
    channels = channels_of(picture[0], space)
    assert np.abs(channels - expected).max() < 0.1
    mean, deviation = moments(channels)[0].unbind(1)
    np.testing.assert_allclose(mean, expected.mean((0, 1)) / 255, atol=1e-4)
    np.testing.assert_allclose(deviation, expected.std((0, 1)) / 255, atol=1e-4)
    cut_out = torch.nn.functional.pad(picture, (3, 5, 2, 1))[0, :, 2:-1, 3:-5]
    assert np.array_equal(channels_of(cut_out, space), channels)


def test_levels_are_counted() -> None:
    """Rounded; what lies beyond the ends counts as the ends."""
    channels = np.random.default_rng(1).uniform(-20, 275, (31, 27, 3)).astype(np.float32)
    counts = count_levels(channels)[0, :, :: (BINS - 1) // 255].numpy()
    for channel in range(3):
        known = np.bincount(channels[..., channel].round().clip(0, 255).astype(int).ravel(), minlength=256)
        assert np.array_equal(counts[channel], known)


@pytest.mark.parametrize("space", ["lab", "rgb"])
def test_channels_that_follow_a_curve_are_colours(space: Space) -> None:
    """Against the floats' way with the same curve; a curve that changes nothing changes next to nothing."""
    picture = torch.rand(1, 3, 61, 83, generator=torch.Generator().manual_seed(2))
    picture[..., :9] = picture[..., :9].round()  # pure colours too, at the ends of what LAB holds
    own = channels_of(picture[0], space)
    line = (torch.arange(256) / 255).expand(1, 3, 256)
    same = follow_levels(own, line, space)
    torch.testing.assert_close(same, picture, rtol=0, atol=LEVEL if space == "lab" else 1e-4)
    assert float((same - picture).abs().mean()) < 0.02 * LEVEL
    curve = line ** torch.tensor([1.3, 1.05, 0.97]).view(1, 3, 1)
    channels = to_channels(picture, space).clamp(0, 1) * 255
    low = channels.long().clamp(max=254)
    below, above = (curve.gather(2, (low + n).flatten(2)).view_as(channels) for n in (0, 1))
    expected = from_channels(torch.lerp(below, above, channels - low), space)
    got = follow_levels(own, curve, space)
    assert float((got - expected).abs().max()) < 2 * LEVEL
    assert float((got - expected).abs().mean()) < 0.05 * LEVEL


def test_colours_do_not_depend_on_threads() -> None:
    picture, reference = painted(200, 220, seed=1), painted(seed=2)
    before = torch.get_num_threads(), cv2.getNumThreads()
    results = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            cv2.setNumThreads(threads)
            results.append(match_color(picture, reference))
    finally:
        torch.set_num_threads(before[0])
        cv2.setNumThreads(before[1])
    assert torch.equal(*results)
