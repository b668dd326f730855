"""Tiny models of the bigger families, with random weights, saved in the ordinary diffusers folder format.

As in tests.tiny: real to all that loads and runs them, and good for nothing else. Pictures are 64x64, latents
8x8; text encoders are as narrow as their attention allows.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from tests.tiny import _diffusers, _letter, _scheduler, _text_encoder, _tokenizer, _unet, _vae

KOLORS: Mapping[str, Any] = {
    "_class_name": "EulerDiscreteScheduler",
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.014,
    "num_train_timesteps": 1100,
    "steps_offset": 1,
    "timestep_spacing": "leading",
}
FLOW: Mapping[str, Any] = {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}
DYNAMIC: Mapping[str, Any] = {**FLOW, "use_dynamic_shifting": True}
SENTENCES = (
    "a cat on a cliff above the sea, oil painting",
    "the lighthouse stands at night under the stars",
    "一只猫在海边的悬崖上",
    "夜晚的灯塔，星空，油画",
)


def tiny_kolors(folder: Path) -> Path:
    """Save a Kolors shaped model: ChatGLM and its SentencePiece tokenizer, pooled and size conditioning."""
    torch.manual_seed(0)
    tokenizer = _chat_tokenizer(folder.parent)
    pipe = _diffusers().KolorsPipeline(
        vae=_vae(scaling_factor=0.13025),
        text_encoder=_chat_encoder(tokenizer.vocab_size),
        tokenizer=tokenizer,
        unet=_unet(
            cross_attention_dim=24,
            encoder_hid_dim=32,
            encoder_hid_dim_type="text_proj",
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            projection_class_embeddings_input_dim=32 + 6 * 8,
        ),
        scheduler=_scheduler(KOLORS),
        force_zeros_for_empty_prompt=True,
    )
    pipe.save_pretrained(str(folder))
    return folder


def tiny_sd3(folder: Path, *, t5: bool = True) -> Path:
    """Save a Stable Diffusion 3 shaped model; without T5 as many people load it."""
    torch.manual_seed(0)
    pipe = _diffusers().StableDiffusion3Pipeline(
        transformer=_diffusers().SD3Transformer2DModel(
            sample_size=8,
            patch_size=2,
            in_channels=4,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=4,
            joint_attention_dim=64,
            caption_projection_dim=32,
            pooled_projection_dim=24,
            out_channels=4,
            pos_embed_max_size=16,
        ),
        scheduler=_scheduler(FLOW),
        vae=_vae(scaling_factor=1.5305, shift_factor=0.0609),
        text_encoder=_text_encoder(16, projection=8),
        tokenizer=_tokenizer(),
        text_encoder_2=_text_encoder(24, projection=16),
        tokenizer_2=_tokenizer(pad="!"),
        text_encoder_3=_t5(64) if t5 else None,
        tokenizer_3=_t5_tokenizer() if t5 else None,
    )
    pipe.save_pretrained(str(folder))
    return folder


def tiny_flux(folder: Path, *, told: bool = True, scheduler: Mapping[str, Any] = DYNAMIC) -> Path:
    """Save a Flux.1 shaped model: `told` its guidance as dev is, or not as schnell."""
    torch.manual_seed(0)
    pipe = _diffusers().FluxPipeline(
        transformer=_diffusers().FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=16,
            guidance_embeds=told,
            axes_dims_rope=(4, 6, 6),
        ),
        scheduler=_scheduler(scheduler),
        vae=_vae(scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=_text_encoder(16),
        tokenizer=_tokenizer(),
        text_encoder_2=_t5(32),
        tokenizer_2=_t5_tokenizer(),
    )
    pipe.save_pretrained(str(folder))
    return folder


def tiny_chroma(folder: Path) -> Path:
    """Save a Chroma shaped model: T5 alone."""
    torch.manual_seed(0)
    pipe = _diffusers().ChromaPipeline(
        transformer=_diffusers().ChromaTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            axes_dims_rope=(4, 6, 6),
            approximator_num_channels=8,
            approximator_hidden_dim=16,
            approximator_layers=1,
        ),
        scheduler=_scheduler(FLOW),
        vae=_vae(scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=_t5(32),
        tokenizer=_t5_tokenizer(),
    )
    pipe.save_pretrained(str(folder))
    return folder


def tiny_qwen(folder: Path) -> Path:
    """Save a Qwen-Image shaped model: a vision-language model that is asked about texts, a VAE for video."""
    torch.manual_seed(0)
    pipe = _diffusers().QwenImagePipeline(
        transformer=_diffusers().QwenImageTransformer2DModel(
            patch_size=2,
            in_channels=16,
            out_channels=4,
            num_layers=2,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=16,
            axes_dims_rope=(8, 4, 4),
        ),
        scheduler=_scheduler({**DYNAMIC, "shift_terminal": 0.02}),
        vae=_diffusers().AutoencoderKLQwenImage(
            base_dim=8,
            z_dim=4,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            temperal_downsample=[False, True, True],
            latents_mean=[0.1, -0.2, 0.3, 0.0],
            latents_std=[1.5, 2.0, 0.7, 1.0],
        ),
        text_encoder=_vision_language(),
        tokenizer=_chat_bytes(),
    )
    pipe.save_pretrained(str(folder))
    return folder


def tiny_zimage(folder: Path) -> Path:
    """Save a Z-Image shaped model: a language model that is told texts in a chat."""
    torch.manual_seed(0)
    pipe = _diffusers().ZImagePipeline(
        transformer=_z_transformer(),
        scheduler=_scheduler(FLOW),
        vae=_vae(scaling_factor=0.3611, shift_factor=0.1159),
        text_encoder=_language(),
        tokenizer=_chat_bytes(),
    )
    pipe.save_pretrained(str(folder))
    return folder


def tiny_sana(folder: Path) -> Path:
    """Save a Sana-Sprint shaped model: a language model that is instructed, a VAE of its own, few steps."""
    torch.manual_seed(0)
    levels: dict[str, Any] = {}
    for side in ("encoder", "decoder"):
        levels |= {f"{side}_block_out_channels": (8, 8, 8, 8), f"{side}_layers_per_block": (1, 1, 1, 1)}
        levels |= {f"{side}_qkv_multiscales": ((), (), (), ())}
    pipe = _diffusers().SanaSprintPipeline(
        transformer=_diffusers().SanaTransformer2DModel(
            in_channels=4,
            out_channels=4,
            num_attention_heads=2,
            attention_head_dim=8,
            num_layers=1,
            num_cross_attention_heads=2,
            cross_attention_head_dim=8,
            cross_attention_dim=16,
            caption_channels=16,
            sample_size=8,
            guidance_embeds=True,
            qk_norm="rms_norm_across_heads",
            timestep_scale=1000.0,
        ),
        scheduler=_scheduler({"_class_name": "SCMScheduler"}),
        vae=_diffusers().AutoencoderDC(latent_channels=4, scaling_factor=0.41407, **levels),
        text_encoder=_gemma(),
        tokenizer=_gemma_bytes(),
    )
    pipe.save_pretrained(str(folder))
    return folder


def _gemma() -> Any:
    from transformers import Gemma2Config, Gemma2Model

    return Gemma2Model(
        Gemma2Config(
            vocab_size=320,
            hidden_size=16,
            intermediate_size=24,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            head_dim=8,
        )
    )


def _gemma_bytes() -> Any:
    from transformers import GemmaTokenizer

    letters = ["<pad>", "<eos>", "<bos>", "<unk>", "▁", "\n", *map(chr, range(33, 127))]
    return GemmaTokenizer(vocab={letter: index for index, letter in enumerate(letters)}, merges=[])


def _z_transformer() -> Any:
    """Its fill-up tokens are zeros as they are made; trained ones are not."""
    made = _diffusers().ZImageTransformer2DModel(
        in_channels=4,
        dim=32,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=16,
        axes_dims=[8, 4, 4],
        axes_lens=[1024, 32, 32],
    )
    for token in (made.x_pad_token, made.cap_pad_token):
        torch.nn.init.normal_(token, std=0.5)
    return made


def _vision_language() -> Any:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    text = {
        "hidden_size": 16,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "vocab_size": 260,
        "rope_parameters": {
            "type": "default",
            "rope_type": "default",
            "rope_theta": 1e4,
            "mrope_section": [1, 1, 2],
        },
    }
    vision = {
        "depth": 1,
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_heads": 2,
        "out_hidden_size": 16,
        "fullatt_block_indexes": [0],
    }
    return Qwen2_5_VLForConditionalGeneration(Qwen2_5_VLConfig(text_config=text, vision_config=vision))


def _language() -> Any:
    from transformers import Qwen3Config, Qwen3Model

    return Qwen3Model(
        Qwen3Config(
            vocab_size=260,
            hidden_size=16,
            intermediate_size=24,
            num_hidden_layers=3,
            num_attention_heads=2,
            num_key_value_heads=2,
            head_dim=8,
        )
    )


def _chat_bytes() -> Any:
    """Qwen's byte-level tokenizer without merges, and a chat of the usual form."""
    from transformers import Qwen2Tokenizer

    special = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    vocabulary = {letter: index for index, letter in enumerate(map(_letter, range(256)))}
    vocabulary |= {name: 256 + index for index, name in enumerate(special)}
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=[], extra_special_tokens=list(special[1:]))
    tokenizer.chat_template = (
        "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
        "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
    )
    return tokenizer


def _t5(width: int) -> Any:
    from transformers import T5Config, T5EncoderModel

    config = T5Config(
        vocab_size=len(_letters()),
        d_model=width,
        d_kv=8,
        d_ff=32,
        num_layers=2,
        num_heads=2,
        feed_forward_proj="gated-gelu",
        is_encoder_decoder=False,
        use_cache=False,
    )
    return T5EncoderModel(config)


def _t5_tokenizer() -> Any:
    """A unigram tokenizer of single letters."""
    from transformers import T5Tokenizer

    return T5Tokenizer(vocab=_letters(), extra_ids=0)


def _letters() -> list[tuple[str, float]]:
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0)]
    return special + [(chr(code), -3.0) for code in range(33, 127)]


def _chat_encoder(vocabulary: int) -> Any:
    """ChatGLM leaves its weights as the memory was, so they are all set here."""
    from diffusers.pipelines.kolors import ChatGLMModel
    from diffusers.pipelines.kolors.text_encoder import ChatGLMConfig

    config = ChatGLMConfig(
        num_layers=3,
        padded_vocab_size=vocabulary,
        hidden_size=32,
        ffn_hidden_size=48,
        kv_channels=8,
        num_attention_heads=4,
        seq_length=256,
        multi_query_attention=True,
        multi_query_group_num=2,
        add_qkv_bias=True,
        original_rope=True,
    )
    encoder = ChatGLMModel(config, empty_init=False)
    for parameter in encoder.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.2)
        else:
            torch.nn.init.ones_(parameter)
    return encoder


def _chat_tokenizer(folder: Path) -> Any:
    import sentencepiece
    from diffusers.pipelines.kolors import ChatGLMTokenizer

    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 3),
        model_writer=written,
        vocab_size=100,
        model_type="bpe",
        hard_vocab_limit=False,
        minloglevel=9,
    )
    path = folder / "tokenizer.model"
    path.write_bytes(written.getvalue())
    return ChatGLMTokenizer(str(path))
