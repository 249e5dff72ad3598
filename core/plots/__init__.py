"""Arrays to Plotly figures, one style for all. No Streamlit."""
