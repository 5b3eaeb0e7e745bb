std = "lua53+lua54"
max_line_length = 120
read_globals = { "reaper" }
globals = { "gfx" }
files["**/fake_reaper.lua"] = { globals = { "os.getenv", "os.rename", "os.remove" } }
