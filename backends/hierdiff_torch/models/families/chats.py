"""How families write a conversation. Several share a form; a checkpoint's tokenizer says which it is."""

from hierdiff_torch.models.family import Chat

CHATML = Chat(
    system=("<|im_start|>system\n", "<|im_end|>\n"),
    user=("<|im_start|>user\n", "<|im_end|>\n"),
    assistant="<|im_start|>assistant\n",
)
"""Qwen's: Dream, SDAR, Fast-dLLM v2, A2D."""

HEADERS = Chat(
    system=("<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"),
    user=("<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
    assistant="<|start_header_id|>assistant<|end_header_id|>\n\n",
)
"""Llama 3's: LLaDA and what was made of a Llama."""

ROLES = Chat(
    system=("<role>SYSTEM</role>", "<|role_end|>"),
    user=("<role>HUMAN</role>", "<|role_end|>"),
    assistant="<role>ASSISTANT</role>",
)
"""inclusionAI's: LLaDA-MoE and LLaDA2. Only the end of a role is a special token."""

QUESTIONS = Chat(
    system=("[SYS]\n", "\n[/SYS]\n\n"),
    user=("[Question]\n", "\n[/Question]\n\n"),
    assistant="[Answer]\n",
)
"""dLLM's for ModernBERT: plain text throughout; the answer ends with the text `[/Answer]`."""

TURNS = Chat(
    system=("<start_of_turn>user\n", "<end_of_turn>\n"),
    user=("<start_of_turn>user\n", "<end_of_turn>\n"),
    assistant="<start_of_turn>model\n",
)
"""Gemma's, which has no turn of its own for the system."""
