"""The look: ivory dial, graphite night, racing green, one orange needle."""

import gradio as gr
from gradio.themes.utils import colors, fonts, sizes

IVORY = colors.Color(
    name="ivory",
    c50="#fbfaf6",
    c100="#f4f1e9",
    c200="#e6e2d6",
    c300="#d2cdbe",
    c400="#a6a294",
    c500="#79776b",
    c600="#5b5b51",
    c700="#42443c",
    c800="#2a2e29",
    c900="#1a1d1a",
    c950="#111411",
)
RACING_GREEN = colors.Color(
    name="racing-green",
    c50="#e9f4ee",
    c100="#cde7da",
    c200="#9fd1b8",
    c300="#6fbf9a",
    c400="#4fb98a",
    c500="#1f8059",
    c600="#0e6446",
    c700="#0a4f38",
    c800="#0a3f2e",
    c900="#083226",
    c950="#041c15",
)


class Instrument(gr.themes.Base):
    """A dense, quiet theme; its fonts come with Gradio, so none is fetched."""

    def __init__(self) -> None:
        super().__init__(
            primary_hue=RACING_GREEN,
            secondary_hue=RACING_GREEN,
            neutral_hue=IVORY,
            text_size=sizes.text_sm,
            spacing_size=sizes.spacing_md,
            radius_size=sizes.radius_sm,
            font=(
                fonts.LocalFont("IBM Plex Sans", (400, 700)),
                "ui-sans-serif",
                "system-ui",
                "sans-serif",
            ),
            font_mono=(
                fonts.LocalFont("IBM Plex Mono", (400, 700)),
                "ui-monospace",
                "monospace",
            ),
        )
        self.name = "carclf"
        # The page that asks for a password loads the theme, and no stylesheets.
        self.custom_css = ".wrap.min-h-screen { background: none !important; }"
        self._paint_page()
        self._paint_blocks()
        self._paint_inputs()
        self._paint_buttons()

    def _paint_page(self) -> None:
        super().set(
            body_background_fill="*neutral_100",
            body_background_fill_dark="*neutral_950",
            body_text_color="*neutral_900",
            body_text_color_dark="#e9e5d9",
            body_text_color_subdued="*neutral_600",
            body_text_color_subdued_dark="*neutral_400",
            background_fill_primary="#fffefb",
            background_fill_primary_dark="*neutral_900",
            background_fill_secondary="*neutral_50",
            background_fill_secondary_dark="#151815",
            border_color_primary="*neutral_200",
            border_color_primary_dark="#2e332d",
            border_color_accent="*primary_600",
            border_color_accent_dark="*primary_400",
            color_accent="*primary_600",
            color_accent_soft="*primary_50",
            color_accent_soft_dark="#12261d",
            link_text_color="*primary_600",
            link_text_color_dark="*primary_300",
            link_text_color_hover="*primary_700",
            link_text_color_hover_dark="*primary_200",
            loader_color="*primary_600",
            loader_color_dark="*primary_400",
        )

    def _paint_blocks(self) -> None:
        super().set(
            block_background_fill="#fffefb",
            block_background_fill_dark="*neutral_900",
            block_border_color="*neutral_200",
            block_border_color_dark="#2e332d",
            block_border_width="1px",
            block_border_width_dark="1px",
            block_radius="8px",
            block_shadow="none",
            block_shadow_dark="none",
            block_padding="10px 12px",
            block_label_background_fill="#fffefb",
            block_label_background_fill_dark="*neutral_900",
            block_label_border_width="0px",
            block_label_border_width_dark="0px",
            block_label_text_color="*neutral_600",
            block_label_text_color_dark="*neutral_400",
            block_label_text_size="12px",
            block_label_text_weight="600",
            block_title_text_color="*neutral_600",
            block_title_text_color_dark="*neutral_400",
            block_title_text_size="12px",
            block_title_text_weight="600",
            block_info_text_size="12px",
            layout_gap="12px",
            form_gap_width="0px",
            container_radius="8px",
            panel_background_fill="transparent",
            panel_background_fill_dark="transparent",
            table_even_background_fill="#fffefb",
            table_even_background_fill_dark="*neutral_900",
            table_odd_background_fill="*neutral_50",
            table_odd_background_fill_dark="#151815",
            stat_background_fill="*primary_600",
            stat_background_fill_dark="*primary_400",
        )

    def _paint_inputs(self) -> None:
        super().set(
            input_background_fill="*neutral_50",
            input_background_fill_dark="#141714",
            input_border_color="*neutral_300",
            input_border_color_dark="#3a4039",
            input_border_color_focus="*primary_600",
            input_border_color_focus_dark="*primary_400",
            input_border_width="1px",
            input_border_width_dark="1px",
            input_shadow_focus="0 0 0 3px rgb(14 100 70 / 18%)",
            input_shadow_focus_dark="0 0 0 3px rgb(79 185 138 / 25%)",
            checkbox_label_background_fill="*neutral_50",
            checkbox_label_background_fill_dark="#141714",
            checkbox_label_background_fill_selected="*primary_50",
            checkbox_label_background_fill_selected_dark="#12261d",
            checkbox_label_border_color="*neutral_300",
            checkbox_label_border_color_dark="#3a4039",
            checkbox_label_border_color_selected="*primary_600",
            checkbox_label_border_color_selected_dark="*primary_400",
            checkbox_label_border_width="1px",
            checkbox_label_padding="6px 10px",
            checkbox_background_color_selected="*primary_600",
            checkbox_background_color_selected_dark="*primary_500",
            checkbox_border_color_selected="*primary_600",
            checkbox_border_color_selected_dark="*primary_400",
            slider_color="*primary_600",
            slider_color_dark="*primary_400",
        )

    def _paint_buttons(self) -> None:
        super().set(
            button_border_width="1px",
            button_large_padding="9px 16px",
            button_large_radius="7px",
            button_large_text_size="14px",
            button_medium_padding="7px 13px",
            button_medium_radius="7px",
            button_medium_text_size="13.5px",
            button_small_padding="5px 10px",
            button_small_radius="6px",
            button_small_text_size="13px",
            button_primary_background_fill="*primary_600",
            button_primary_background_fill_dark="*primary_400",
            button_primary_background_fill_hover="*primary_700",
            button_primary_background_fill_hover_dark="*primary_300",
            button_primary_border_color="*primary_700",
            button_primary_border_color_dark="*primary_400",
            button_primary_text_color="#ffffff",
            button_primary_text_color_dark="*primary_950",
            button_secondary_background_fill="#fffefb",
            button_secondary_background_fill_dark="#20241f",
            button_secondary_background_fill_hover="*neutral_100",
            button_secondary_background_fill_hover_dark="#2a2f29",
            button_secondary_border_color="*neutral_300",
            button_secondary_border_color_dark="#3a4039",
            button_secondary_text_color="*neutral_900",
            button_secondary_text_color_dark="#e9e5d9",
            button_cancel_background_fill="#fffefb",
            button_cancel_background_fill_dark="#20241f",
            button_cancel_background_fill_hover="#fbeae6",
            button_cancel_background_fill_hover_dark="#3a1f1a",
            button_cancel_border_color="#d9a79b",
            button_cancel_border_color_dark="#7a4034",
            button_cancel_text_color="#9c2f18",
            button_cancel_text_color_dark="#ff9b85",
            button_cancel_text_color_hover="#9c2f18",
            button_cancel_text_color_hover_dark="#ff9b85",
        )
