"""Small pipelines with random weights, made on the spot, in folders as `save_pretrained` writes them.

Making them takes torch and diffusers, so it is done in a process of its own: `python -m tests.factories.pipelines`.
Pictures of such models show nothing; everything else about them is as with real ones.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOKENS = 77
"""What the text encoders of CLIP's kind read of a prompt, with a token before it and one after it."""


def make_pipelines(folder: Path, *kinds: str) -> None:
    """Make a folder of each kind in this one: `stable-diffusion`, `flux`."""
    subprocess.run(
        [sys.executable, "-m", "tests.factories.pipelines", str(folder), *kinds],
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
        check=True,
        capture_output=True,
        timeout=110,
    )


def write_clip_tokenizer(folder: Path) -> None:
    """A tokenizer of CLIP's kind: a token for each letter."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789,.-'!?"
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True)
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "CLIPTokenizer",
                "model_max_length": TOKENS,
                "bos_token": "<|startoftext|>",
                "eos_token": "<|endoftext|>",
                "unk_token": "<|endoftext|>",
                "pad_token": "<|endoftext|>",
            }
        )
    )


def _make(folder: Path, kind: str) -> None:
    import torch
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        FlowMatchEulerDiscreteScheduler,
        FluxPipeline,
        FluxTransformer2DModel,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from transformers import (
        CLIPTextConfig,
        CLIPTextModel,
        CLIPTokenizer,
        PreTrainedTokenizerFast,
        T5Config,
        T5EncoderModel,
    )

    torch.manual_seed(0)
    write_clip_tokenizer(folder / "clip")
    tokenizer = CLIPTokenizer.from_pretrained(folder / "clip")
    text_encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=TOKENS,
            projection_dim=32,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),  # four, as real ones have: they shrink each side to an eighth
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        norm_num_groups=4,
        latent_channels=4,
        sample_size=128,
        **({"use_quant_conv": False, "use_post_quant_conv": False, "shift_factor": 0.1} if kind == "flux" else {}),
    )
    if kind == "stable-diffusion":
        StableDiffusionPipeline(
            vae=vae,
            text_encoder=text_encoder,
            tokenizer=tokenizer,
            unet=UNet2DConditionModel(
                sample_size=16,
                block_out_channels=(16, 32),
                layers_per_block=1,
                norm_num_groups=8,
                attention_head_dim=8,
                cross_attention_dim=32,
                down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            ),
            scheduler=DDIMScheduler(
                beta_start=0.00085,
                beta_end=0.012,
                beta_schedule="scaled_linear",
                clip_sample=False,
                set_alpha_to_one=False,
                steps_offset=1,
            ),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        ).save_pretrained(folder / kind)
        return
    letters = {letter: number for number, letter in enumerate("\0\1abcdefghijklmnopqrstuvwxyz ,.")}
    by_letter = Tokenizer(WordLevel(letters, unk_token="\1"))
    by_letter.pre_tokenizer = Split("", "isolated")
    FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        text_encoder_2=T5EncoderModel(
            T5Config(vocab_size=len(letters), d_model=32, d_kv=8, d_ff=32, num_layers=2, num_heads=2)
        ),
        tokenizer_2=PreTrainedTokenizerFast(
            tokenizer_object=by_letter, pad_token="\0", unk_token="\1", model_max_length=512
        ),
        transformer=FluxTransformer2DModel(
            patch_size=1,
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=32,
            pooled_projection_dim=32,
            guidance_embeds=True,
            axes_dims_rope=(4, 4, 8),
        ),
    ).save_pretrained(folder / kind)


if __name__ == "__main__":
    for wanted in sys.argv[2:]:
        _make(Path(sys.argv[1]) / "parts" / wanted, wanted)
        (Path(sys.argv[1]) / "parts" / wanted / wanted).rename(Path(sys.argv[1]) / wanted)
