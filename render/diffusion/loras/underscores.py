"""Module names with underscores for dots, as kohya's tools write them, and the way back."""

from __future__ import annotations

import re

# words of module names that have an underscore of their own
_WORDS = (
    *("down_blocks", "mid_block", "up_blocks", "transformer_blocks", "text_model", "self_attn"),
    *("time_embedding", "add_embedding", "time_emb_proj", "conv_shortcut", "conv_in", "conv_out"),
    *(
        "conv_norm_out",
        "proj_in",
        "proj_out",
        "out_proj",
        "q_proj",
        "k_proj",
        "v_proj",
        "linear_1",
        "linear_2",
    ),
    *(
        "to_q",
        "to_k",
        "to_v",
        "to_out",
        "layer_norm1",
        "layer_norm2",
        "token_embedding",
        "position_embedding",
    ),
    *("encoder_hid_proj", "text_projection"),
)
_WORD = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))


def flat(module: str) -> str:
    """Return a dotted name as kohya's tools write it; two modules of one model never have the same."""
    return module.replace(".", "_")


def dotted(module: str) -> str:
    """Undo flat, for the modules of UNets and CLIP."""
    kept = _WORD.sub(lambda word: word[0].replace("_", "\0"), module)
    return kept.replace("_", ".").replace("\0", "_")
