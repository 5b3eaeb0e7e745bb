-- Command lines for ExecProcess, which takes one string: every word must come out as it went in.

local files = require("files")

local quoting = {}

--- A word for Windows: backslashes count only before a quote (the rule of CommandLineToArgvW).
function quoting.windows(word)
  local body = word:gsub('(\\*)"', function(slashes) return slashes .. slashes .. '\\"' end)
  body = body:gsub("(\\+)$", "%1%1")
  return '"' .. body .. '"'
end

--- A word elsewhere: within the first kind of quotes that it does not hold itself; nil if it holds both.
function quoting.unix(word)
  for _, mark in ipairs({ "'", '"' }) do
    local spoiled = mark == '"' and word:find('["$`\\]') or word:find(mark, 1, true)
    if not spoiled then return mark .. word .. mark end
  end
  return nil
end

--- JSON text in which a ' is spelt as an escape, so that it can always be quoted.
function quoting.json(text)
  return (text:gsub("'", "\\u0027"))
end

--- One string for ExecProcess, or nil when a word cannot be quoted here.
function quoting.command(words)
  local quote, parts = files.windows() and quoting.windows or quoting.unix, {}
  for index, word in ipairs(words) do
    parts[index] = not word:find("[%z\n]") and quote(word) or nil
    if not parts[index] then return nil end
  end
  return table.concat(parts, " ")
end

return quoting
