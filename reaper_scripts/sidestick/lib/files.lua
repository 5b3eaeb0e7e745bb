-- Small files, and the names of places.

local files = {}

files.SEPARATOR = package.config:sub(1, 1)

function files.windows()
  return reaper.GetOS():find("^Win") ~= nil
end

function files.macos()
  local name = reaper.GetOS()
  return name:find("^OSX") ~= nil or name:find("^macOS") ~= nil
end

function files.join(...)
  return table.concat({ ... }, files.SEPARATOR)
end

--- The whole content, or nil when it cannot be read.
function files.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local content = file:read("a")
  file:close()
  return content
end

-- A full disk is told by the write or, for what fits into a buffer, only by the close.
local function write(path, content)
  local file, problem = io.open(path, "wb")
  if not file then return nil, problem end
  local written, unwritten = file:write(content)
  local closed, unclosed = file:close()
  return written and closed, unwritten or unclosed
end

--- Written under another name and renamed, so that a reader never sees a part. True, or nil and the reason.
function files.write_whole(path, content)
  local fresh = path .. ".new"
  local written, problem = write(fresh, content)
  if not written then
    os.remove(fresh)
    return nil, problem
  end
  os.remove(path)
  return os.rename(fresh, path)
end

--- The name without its folder, and without its ending.
function files.name(path)
  local name = path:match("[^/\\]+$") or path
  return name, (name:gsub("%.[^.]*$", ""))
end

function files.folder(path)
  return (path:match("^(.*)[/\\][^/\\]*$") or ".")
end

--- `path` seen from `folder`, unless it is absolute already.
function files.beside(folder, path)
  if path:find("^/") or path:find("^%a:[/\\]") or path:find("^\\\\") then return path end
  return files.join(folder, (path:gsub("/", files.SEPARATOR)))
end

return files
