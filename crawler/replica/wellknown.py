"""Names that a generated Hub opens with: bases that much is built on, and publishers who publish much."""

from __future__ import annotations

BASES = (  # oldest first
    "openai-community/gpt2",
    "google-bert/bert-base-uncased",
    "distilbert/distilbert-base-uncased",
    "FacebookAI/xlm-roberta-base",
    "sentence-transformers/all-MiniLM-L6-v2",
    "openai/whisper-small",
    "stabilityai/stable-diffusion-xl-base-1.0",
    "mistralai/Mistral-7B-v0.1",
    "xai-org/grok-1",
    "meta-llama/Llama-3.1-8B",
    "meta-llama/Llama-3.1-8B-Instruct",
    "unsloth/Meta-Llama-3.1-8B-Instruct",
    "black-forest-labs/FLUX.1-dev",
    "meta-llama/Llama-3.2-3B-Instruct",
    "Qwen/Qwen2.5-0.5B-Instruct",
    "Qwen/Qwen2.5-1.5B-Instruct",
    "Qwen/Qwen2.5-7B",
    "Qwen/Qwen2.5-7B-Instruct",
    "Qwen/Qwen2.5-Coder-7B-Instruct",
    "tencent/Hunyuan-A13B-Instruct",
    "deepseek-ai/DeepSeek-V3",
    "deepseek-ai/DeepSeek-R1",
    "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
    "google/gemma-3-4b-it",
    "Qwen/Qwen3-0.6B",
    "Qwen/Qwen3-1.7B",
    "Qwen/Qwen3-8B",
    "Qwen/Qwen3-14B",
    "mistralai/Magistral-Small-2506",
    "MiniMaxAI/MiniMax-M1-80k",
    "moonshotai/Kimi-K2-Instruct",
    "zai-org/GLM-4.5",
    "Qwen/Qwen3-4B-Instruct-2507",
    "openai/gpt-oss-20b",
    "openai/gpt-oss-120b",
    "inclusionAI/Ling-3.0-flash",
    "MiniMaxAI/MiniMax-M2",
    "allenai/Olmo-3-7B-Think",
    "moonshotai/Kimi-K3",
    "zai-org/GLM-5.2",
    "google/gemma-4-31B-it",
    "deepseek-ai/DeepSeek-V4-Flash",
    "Qwen/Qwen3.5-4B",
    "Qwen/Qwen3.6-27B",
    "Qwen/Qwen3.8-27B",
)

POPULAR = (
    "Qwen/Qwen2.5-7B-Instruct",
    "Qwen/Qwen3.8-27B",
    "meta-llama/Llama-3.1-8B-Instruct",
    "black-forest-labs/FLUX.1-dev",
    "Qwen/Qwen3-8B",
    "Qwen/Qwen2.5-1.5B-Instruct",
    "mistralai/Mistral-7B-v0.1",
    "Qwen/Qwen3-0.6B",
    "google-bert/bert-base-uncased",
    "google/gemma-3-4b-it",
)
"""Those with the most children, most first; the other bases follow in an order drawn from the seed."""

FORMER_NAMES = {
    "openai-community/gpt2": "gpt2",
    "google-bert/bert-base-uncased": "bert-base-uncased",
    "distilbert/distilbert-base-uncased": "distilbert-base-uncased",
    "FacebookAI/xlm-roberta-base": "xlm-roberta-base",
    "zai-org/GLM-4.5": "THUDM/GLM-4.5",
}

PUBLISHERS = (
    "mradermacher",
    "unsloth",
    "bartowski",
    "mlx-community",
    "lmstudio-community",
    "huihui-ai",
    "DavidAU",
)

GHOST_PUBLISHERS = ("decapoda-research", "NousResearch-archive", "runwayml", "private-lab", "old-account")
LOCAL_PATHS = ("/cache/models/Qwen", "C:\\models\\llama", "./output/checkpoint-500", "/kaggle/working/merged")
